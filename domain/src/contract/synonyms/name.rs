//! Names, taken apart into words and what they say.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{
    MOST_WORDS, Vendor,
    table::{CONCEPTS, FILLERS, IRREGULAR, PREPOSITIONS, VERBS},
};

/// Whatever tells the verb of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) undoes: BTreeSet<usize>,
    pub(super) does: BTreeSet<usize>,
    pub(super) tells: BTreeSet<usize>,
    /// Its numbers, such as that of a step.
    pub(super) numbers: Vec<String>,
}

impl Marks {
    pub(super) fn of(words: &[&str]) -> Self {
        let is = |stem: &str, word: &str| match stem.strip_prefix('=') {
            Some(whole) => word == whole,
            None => word.contains(stem),
        };
        let says = |stem: &&str| words.iter().any(|word| is(stem, word));
        let all = |verbs: &[Vec<&str>]| {
            let verbs = verbs.iter().enumerate();
            verbs.filter(|(_, stems)| stems.iter().any(says)).map(|(at, _)| at).collect()
        };
        let [undoes, does, tells] = &*VERBS;
        let numbers = words.iter().filter(|word| word.starts_with(char::is_numeric));
        Self {
            undoes: all(undoes),
            does: all(does),
            tells: all(tells),
            numbers: numbers.map(|&number| number.to_owned()).collect(),
        }
    }

    /// Whether the one speaks against the other.
    pub(super) fn oppose(&self, other: &Self) -> bool {
        let both_do = !self.does.is_empty() && !other.does.is_empty();
        self.undoes != other.undoes || (both_do && self.does.is_disjoint(&other.does))
    }

    /// Whether both have a verb that is known, and nothing sets them apart.
    pub(super) fn agree(&self, other: &Self) -> bool {
        self == other && !(self.does.is_empty() && self.undoes.is_empty())
    }
}

/// Words of which the order says no more than where it begins, and what stands after prepositions.
pub(super) type Key = (Vec<String>, BTreeSet<String>);

/// What a concept's name says of another.
pub(super) type Meaning = (usize, &'static [Vendor]);

/// A name, taken apart.
#[derive(Debug)]
pub(super) struct Name<'a> {
    pub(super) written: &'a str,
    pub(super) words: Vec<String>,
    /// All of its letters, so that no case or separator matters.
    pub(super) letters: String,
    pub(super) key: Option<Key>,
    pub(super) marks: Marks,
    pub(super) meaning: Option<Meaning>,
}

impl<'a> Name<'a> {
    pub(super) fn read(written: &'a str) -> Self {
        let words = split(written);
        let significant = significant(&words);
        let (letters, key, marks) = (join(&words), key(&significant), Marks::of(&significant));
        Self { written, words, letters, key, marks, meaning: None }
    }

    pub(super) fn with_meaning(self) -> Self {
        let found = MEANINGS.iter().find(|(name, _)| self.is(name));
        Self { meaning: found.map(|(_, meaning)| *meaning), ..self }
    }

    pub(super) fn has_letters(&self, other: &Name<'_>) -> bool {
        !self.letters.is_empty() && self.letters == other.letters
    }

    pub(super) fn is(&self, other: &Name<'_>) -> bool {
        self.has_letters(other) || (self.key.is_some() && self.key == other.key)
    }

    pub(super) fn means(&self, other: &Name<'_>) -> bool {
        self.concept().is_some() && self.concept() == other.concept()
    }

    pub(super) fn concept(&self) -> Option<usize> {
        self.meaning.map(|(concept, _)| concept)
    }

    pub(super) fn vendors(&self) -> impl Iterator<Item = Vendor> {
        self.meaning.into_iter().flat_map(|(_, vendors)| vendors).copied()
    }
}

/// The words of a name in lower case: at separators, at humps, and around numbers.
pub(super) fn split(name: &str) -> Vec<String> {
    let (mut words, mut word, mut before) = (Vec::new(), String::new(), ' ');
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        let hump = before.is_lowercase() && char.is_uppercase();
        let acronym = before.is_uppercase()
            && char.is_uppercase()
            && chars.peek().is_some_and(|after| after.is_lowercase());
        let is_version = char.is_numeric() && word == "v";
        let number = before.is_numeric() != char.is_numeric() && !is_version;
        if hump || acronym || number || !char.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if char.is_alphanumeric() {
            word.extend(char.to_lowercase());
        }
        before = char;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// All letters; numbers that follow one another stay two.
pub(super) fn join(words: &[String]) -> String {
    let mut letters = String::new();
    for word in words {
        if letters.ends_with(char::is_numeric) && word.starts_with(char::is_numeric) {
            letters.push('_');
        }
        letters.push_str(word);
    }
    letters
}

/// The words that say something, without the version that they end with.
pub(super) fn significant(words: &[String]) -> Vec<&str> {
    let is_version = |word: &str| {
        word.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_numeric))
    };
    let words = words.iter().map(String::as_str).filter(|word| !FILLERS.contains(word));
    let mut words: Vec<&str> = words.collect();
    if words.len() > 1 && words.last().is_some_and(|word| is_version(word)) {
        words.pop();
    }
    words
}

pub(super) fn key(words: &[&str]) -> Option<Key> {
    let (mut around, mut after) = (Vec::new(), BTreeSet::new());
    let mut left = words.iter().copied();
    while let Some(word) = left.next() {
        if PREPOSITIONS.contains(&word)
            && let Some(next) = left.next()
        {
            let word = if word == "into" { "to" } else { word };
            after.insert(format!("{word} {}", stem(next)));
        } else {
            around.push(stem(word));
        }
    }
    if words.len() > MOST_WORDS || (around.is_empty() && after.is_empty()) {
        return None;
    }
    // "Viewed Product List" is "Product List Viewed", "User Invited Friend" isn't turned round.
    let turned = (0..around.len()).map(|by| {
        let mut turned = around.clone();
        turned.rotate_left(by);
        turned
    });
    Some((turned.min().unwrap_or_default(), after))
}

/// A word without its ending, the same for all of its forms though not always a word.
pub(super) fn stem(word: &str) -> String {
    let regular = IRREGULAR.iter().find(|(form, _)| *form == word).map(|(_, verb)| *verb);
    let mut stem = regular.unwrap_or(word).to_owned();
    let has_vowel = |rest: &str| rest.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let long = word.len() > 4;
    if let Some(rest) = stem.strip_suffix("ies").or_else(|| stem.strip_suffix("ied")) {
        if long {
            stem = format!("{rest}y");
        }
    } else if let Some(rest) = stem.strip_suffix("ing").or_else(|| stem.strip_suffix("ed")) {
        if long && has_vowel(rest) && !rest.ends_with('e') {
            stem = rest.to_owned();
        }
    } else if let Some(rest) = stem.strip_suffix("sses") {
        stem = format!("{rest}ss");
    } else if let Some(rest) = stem.strip_suffix('s')
        && word.len() > 3
        && !rest.ends_with(['s', 'u', 'i'])
    {
        stem = rest.to_owned();
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    let mut backwards = stem.chars().rev();
    if stem.len() > 3 && backwards.next() == backwards.next() {
        stem.pop();
    }
    stem
}

/// The names of [`CONCEPTS`], read.
pub(super) static MEANINGS: LazyLock<Vec<(Name<'static>, Meaning)>> = LazyLock::new(|| {
    let names = CONCEPTS.iter().enumerate().flat_map(|(at, concept)| {
        concept.iter().map(move |(name, vendors)| (Name::read(name), (at, *vendors)))
    });
    names.collect()
});
