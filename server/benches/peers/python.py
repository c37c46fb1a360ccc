"""Tells the bench's memberships through Segment's SDK for Python, and waits for the answers.

Arguments: address, people, events of a batch, threads.
"""

import sys
import time

from segment.analytics.client import Client

host, people, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
failed = []
client = Client(
    "bench-write-key",
    host=host,
    upload_size=batch,
    thread=threads,
    on_error=lambda error, items: failed.extend(items),
)

for person in range(people // 200 * 201):
    if person % 201 == 0:
        continue
    # The SDK drops what doesn't fit into its queue.
    while client.queue.full():
        time.sleep(0.001)
    client.track(
        user_id=f"u-{person}",
        event="Audience Entered",
        properties={"audience_key": "cart_abandoners", "cart_abandoners": True},
        context={
            "personas": {
                "computation_class": "audience",
                "computation_id": "0193a5e0-0000-7000-8000-000000000000",
                "computation_key": "cart_abandoners",
            },
            "traits": {"email": f"p{person * 0x9E3779B1 % 2**32:08x}@example.com"},
        },
        integrations={"All": False, "Facebook Custom Audiences": True},
    )
client.flush()
client.join()
if failed:
    sys.exit(f"{len(failed)} failed")
