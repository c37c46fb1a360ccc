// Tells the bench's memberships through Segment's SDK for Node, and waits for the answers.
// Arguments: address, people, events of a batch.
import { Analytics } from '@segment/analytics-node';

const [host, people, batch] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const analytics = new Analytics({ writeKey: 'bench-write-key', host, maxEventsInBatch: batch });

// Without a bound the SDK's queue takes gigabytes and most of the time.
const MOST_WAITING = 20_000;
let waiting = 0;
let failed = 0;
let resume = () => {};
const answered = (error) => {
  if (error) failed += 1;
  waiting -= 1;
  if (waiting <= MOST_WAITING / 2) resume();
};

for (let person = 0; person < (people / 200) * 201; person += 1) {
  if (person % 201 === 0) continue;
  waiting += 1;
  analytics.track(
    {
      userId: `u-${person}`,
      event: 'Audience Entered',
      properties: { audience_key: 'cart_abandoners', cart_abandoners: true },
      context: {
        personas: {
          computation_class: 'audience',
          computation_id: '0193a5e0-0000-7000-8000-000000000000',
          computation_key: 'cart_abandoners',
        },
        traits: { email: `p${(Math.imul(person, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}@example.com` },
      },
      integrations: { All: false, 'Facebook Custom Audiences': true },
    },
    answered,
  );
  if (waiting >= MOST_WAITING) await new Promise((resolve) => (resume = resolve));
}
await analytics.closeAndFlush({ timeout: 600_000 });
if (failed > 0) {
  console.error(`${failed} failed`);
  process.exit(1);
}
