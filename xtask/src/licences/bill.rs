//! A bill of materials of an artefact: its packages, as `CycloneDX` (<https://cyclonedx.org/docs/1.6/json/>). The same sources give the same text:
//! there is no time and no serial number in it.

use serde_json::{Value, json};

use super::shipped::{Artefact, Component, Id};

/// What the book contains of others: name, version, licence, and where it is from.
const BOOK: [(&str, &str, &str, &str); 6] = [
    ("mdbook-html", "0.5.4", "MPL-2.0", "pkg:cargo/mdbook-html@0.5.4"),
    ("highlight.js", "10.1.1", "BSD-3-Clause", "pkg:npm/highlight.js@10.1.1"),
    ("clipboard", "2.0.4", "MIT", "pkg:npm/clipboard@2.0.4"),
    ("font-awesome-free", "6.2.0", "CC-BY-4.0", "pkg:npm/%40fortawesome/fontawesome-free@6.2.0"),
    ("open-sans", "17", "Apache-2.0", "pkg:generic/open-sans@17"),
    ("source-code-pro", "11", "OFL-1.1", "pkg:generic/source-code-pro@11"),
];

/// The text of the bill.
pub fn text(artefact: &Artefact, components: &[Component]) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let whole = format!("multiwell-{}@{version}", artefact.name);
    let mut listed: Vec<Value> = components.iter().map(package).collect();
    let mut needs: Vec<Value> = components
        .iter()
        .map(|of| json!({ "ref": name_of(&of.id), "dependsOn": of.needs.iter().map(name_of).collect::<Vec<_>>() }))
        .collect();
    // Nothing needs what is built for itself: these are the parts of the whole.
    let is_part = |of: &&Component| !components.iter().any(|other| other.needs.contains(&of.id));
    let mut parts: Vec<String> = components.iter().filter(is_part).map(|of| name_of(&of.id)).collect();
    if artefact.has_book {
        for (name, version, licence, place) in BOOK {
            listed.push(json!({
                "type": "library", "bom-ref": place, "name": name, "version": version, "purl": place,
                "licenses": [{ "license": { "id": licence } }],
            }));
            parts.push(place.into());
        }
    }
    needs.insert(0, json!({ "ref": whole, "dependsOn": parts }));
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "component": {
                "type": "application", "bom-ref": whole, "name": format!("multiwell-{}", artefact.name), "version": version,
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
        },
        "components": listed,
        "dependencies": needs,
    });
    format!("{bill:#}\n")
}

fn name_of((name, version): &Id) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn package(of: &Component) -> Value {
    let (name, version) = &of.id;
    let mut value = json!({
        "type": "library", "bom-ref": name_of(&of.id), "name": name, "version": version, "purl": name_of(&of.id),
        "licenses": [{ "expression": of.licence }],
    });
    if let Some(checksum) = &of.checksum {
        value["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &of.repository {
        value["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    value
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::shipped;
    use super::*;

    #[test]
    fn every_reference_of_a_bill_is_to_one_thing_in_it() {
        for (artefact, all) in shipped::all() {
            let bill: Value = serde_json::from_str(&text(artefact, all)).unwrap();
            let list = |value: &Value| value.as_array().cloned().unwrap();
            let mut named: Vec<String> =
                list(&bill["components"]).iter().map(|of| of["bom-ref"].as_str().unwrap().to_owned()).collect();
            named.push(bill["metadata"]["component"]["bom-ref"].as_str().unwrap().to_owned());
            let different: BTreeSet<&String> = named.iter().collect();
            assert_eq!(different.len(), named.len(), "{}", artefact.what);
            for of in list(&bill["dependencies"]) {
                let references = [vec![of["ref"].clone()], list(&of["dependsOn"])].concat();
                assert!(references.iter().all(|one| different.contains(&one.as_str().unwrap().to_owned())), "{of}");
            }
        }
    }

    #[test]
    fn what_is_said_of_the_book_is_of_the_version_that_makes_it() {
        let made = crate::setup::version_of(&crate::root(), &crate::setup::MDBOOK).unwrap();
        assert_eq!(BOOK[0].1, made);
    }
}
