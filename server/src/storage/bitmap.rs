//! Sets of people as stored: a version byte, then roaring's portable format.

use domain::{
    Error,
    people::{Ordinal, PersonSet},
};

/// The format that we write.
const VERSION: u8 = 1;

/// A set as bytes.
pub fn encode(people: &PersonSet) -> Vec<u8> {
    // Most chunks are nearly full or nearly empty: runs say that in fewer bytes.
    let mut people = people.clone();
    people.optimize();
    let mut bytes = Vec::with_capacity(1 + people.serialized_size());
    bytes.push(VERSION);
    // Writing to memory can't fail.
    let _ = people.serialize_into(&mut bytes);
    bytes
}

/// A set from bytes.
pub fn decode(bytes: &[u8]) -> Result<PersonSet, Error> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => PersonSet::deserialize_from(rest).map_err(Error::unexpected),
        _ => Err(Error::unexpected("a stored set of people has an unknown format")),
    }
}

/// Whether a stored set holds somebody.
pub fn holds(bytes: &[u8], person: Ordinal) -> Result<bool, Error> {
    Ok(decode(bytes)?.contains(person))
}

/// The union of sets from bytes.
pub fn join(blobs: &[Vec<u8>]) -> Result<PersonSet, Error> {
    let mut all = PersonSet::new();
    for blob in blobs {
        all |= decode(blob)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes_and_refuses_the_rest() {
        let people: PersonSet = [0, 7, 65_536, u32::MAX].into_iter().collect();
        assert_eq!(decode(&encode(&people)).unwrap(), people);
        for bad in [&[][..], &[2, 0, 0], &[VERSION, 1, 2, 3]] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_full_chunk_is_stored_as_one_run() {
        let mut people = PersonSet::new();
        people.insert_range(65_536..131_072);
        let bytes = encode(&people);
        assert!(bytes.len() < 32, "{}", bytes.len());
        assert_eq!(decode(&bytes).unwrap(), people);
    }
}
