//! The contract in a file: applied at once, proposed, written out again.

use super::*;

const FILE: &str = r#"
[[event]]
name = "Cart Updated"
owner = "Growth"
consumers = ["meta"]
aliases = ["cart_updated"]
properties = ["total: number, required, in USD", "items: list of object", "items.sku: text, required"]
[[event]]
name = "Order Completed"
properties = ["order_id: text, required"]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_events_and_they_are_written_as_they_were() {
    let bench = Bench::new(Engine::Sqlite).await;
    let path = bench.database.folder.path().join("contract.toml");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let said = async |arguments: &[&str], code: i32| {
        let output = bench.segue(arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    write(FILE);
    let plan = said(&["apply", file, "--plan", "--check"], 2).await;
    assert!(plan.contains("+ event Cart Updated") && plan.contains("would be changed"), "{plan}");
    let applied = said(&["apply", file], 0).await;
    assert!(applied.contains("The contract was changed."), "{applied}");
    assert_eq!(said(&["apply", file], 0).await, "Nothing to change.\n");

    // What is written out changes nothing when it comes back.
    let exported = said(&["contract", "export"], 0).await;
    assert!(exported.contains("items.sku: text, required"), "{exported}");
    write(&exported);
    assert_eq!(said(&["apply", file, "--prune"], 0).await, "Nothing to change.\n");

    // What the file doesn't name stays, unless it is pruned; without events nothing is.
    let (first, _) = FILE.rsplit_once("[[event]]").unwrap();
    write(first);
    let left = said(&["apply", file], 0).await;
    assert!(left.contains("event Order Completed: not in the file"), "{left}");
    write("[customerio]\nregion = \"us\"\n");
    said(&["apply", file, "--prune"], 0).await;
    assert!(said(&["contract", "export"], 0).await.contains("Order Completed"));

    // A proposal waits, and changes nothing by itself.
    write(&FILE.replace("order_id: text, required", "order_id: text"));
    let proposed = said(&["apply", file, "--propose"], 0).await;
    assert!(proposed.contains("properties.order_id.required"), "{proposed}");
    assert!(proposed.contains("waits for an approver"), "{proposed}");
    assert!(said(&["contract", "export"], 0).await.contains("order_id: text, required"));
    write(&format!("{FILE}[[audience]]\nkey = \"carts\"\nsegment = 1\n"));
    said(&["apply", file, "--propose"], 2).await;
    let rule = "[[suppression]]\nkey = \"bought\"\nreason = \"purchase\"\nevent = \"Order Completed\"\nttl = \"24h\"\n";
    write(rule);
    let proposed = said(&["apply", file, "--propose"], 0).await;
    assert!(proposed.contains("+ suppression bought"), "{proposed}");
    assert!(proposed.contains("waits for an approver"), "{proposed}");
    let twice = bench.segue(&["apply", file, "--propose"]).await;
    assert!(told(&twice).contains("has proposed the same"), "{}", told(&twice));
    assert!(said(&["apply", file, "--plan"], 0).await.contains("1 would be added"));

    // What is wrong names the event and the line.
    write(&FILE.replace("total: number,", "total: numeral,"));
    let output = bench.segue(&["apply", file]).await;
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("Cart Updated: properties: line 1"), "{}", told(&output));

    write(FILE);
    said(&["apply", file, "--prune"], 0).await;
    write(first);
    let pruned = said(&["apply", file, "--prune"], 0).await;
    assert!(pruned.contains("- event Order Completed"), "{pruned}");

    // By the way of Segment: nothing gets lost.
    let rules = said(&["contract", "export", "--as", "tracking-plan"], 0).await;
    write(
        &rules.replace("\"Cart Updated\"", "\"Cart Emptied\"").replace("\"cart_updated\"", "\"\""),
    );
    let imported = said(&["contract", "import", file], 0).await;
    assert!(imported.contains("waits for an approver"), "{imported}");
    assert!(said(&["contract", "export", "--as", "json-schema"], 0).await.contains("$defs"));
    let fixtures = said(&["contract", "export", "--as", "fixtures"], 0).await;
    assert!(fixtures.contains("\"passes\": false"), "{fixtures}");
}
