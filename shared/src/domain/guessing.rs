//! Passwords that an attacker tries first.
//!
//! What the estimator zxcvbn guesses within 10,000 tries is one thing from end to end: a common word, a walk over the keyboard,
//! a sequence, a date, a short piece over and over. Two things in a row already take more. So the estimator's answer to this one
//! question needs neither its search nor its expressions; tests hold the two side by side.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Common passwords, words and names in lower case: of each of zxcvbn's lists (MIT, Dan Wheeler and Dropbox) the entries of eight
/// and more characters among the first 10,000, and those of four to seven among the first 5,000, which stand for what is repeated.
const COMMON_WORDS: &str = include_str!("common_words.txt");

/// Rows of keyboards, from left to right, without and with shift.
const ROWS: [&str; 16] = [
    "`1234567890-=",
    "~!@#$%^&*()_+",
    "qwertyuiop[]\\",
    "qwertyuiop{}|",
    "asdfghjkl;'",
    "asdfghjkl:\"",
    "zxcvbnm,./",
    "zxcvbnm<>?",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "`1234567890[]",
    "',.pyfgcrl/=\\",
    "aoeuidhtns-",
    ";qjkxbmwvz",
];
/// The shortest piece that is judged as a password is.
const MIN_PIECE: usize = 4;
const MAX_STEP: u64 = 5;
/// What is one thing so far is easy to guess, whatever follows.
const JUDGED_CHARS: usize = 64;

/// Whether a password is among the first 10,000 guesses of an attacker who knows the usual lists and what is said `about` the
/// owner. In whichever case, with signs and digits for letters, forwards or backwards.
pub(super) fn is_guessed_early(password: &str, about: &[&str]) -> bool {
    let start = password.chars().take(JUDGED_CHARS);
    let lower: Vec<char> = start.flat_map(char::to_lowercase).collect();
    let is_about = about.iter().any(|known| is_spelling(&lower, known));
    is_about || is_one_thing(&lower) || is_repeated(&lower)
}

fn is_one_thing(lower: &[char]) -> bool {
    is_sequence(lower) || is_date(lower) || is_walk(lower) || is_common(lower)
}

/// The common words by what [`class`] makes of their letters.
static BY_CLASSES: LazyLock<HashMap<String, Vec<&str>>> = LazyLock::new(|| {
    let mut words: HashMap<_, Vec<_>> = HashMap::new();
    for word in COMMON_WORDS.lines() {
        let classes = word.chars().map(class).collect();
        words.entry(classes).or_default().push(word);
    }
    words
});

fn is_common(lower: &[char]) -> bool {
    let classes = || lower.iter().copied().map(class);
    let is_any = |classes: String| {
        let words = BY_CLASSES.get(&classes);
        words.is_some_and(|words| words.iter().any(|word| is_spelling(lower, word)))
    };
    is_any(classes().collect()) || is_any(classes().rev().collect())
}

/// Whether this is the word, forwards or backwards, perhaps with signs and digits for letters.
fn is_spelling(lower: &[char], word: &str) -> bool {
    let letters: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    let spells = |letters: &mut dyn Iterator<Item = &char>| {
        lower
            .iter()
            .zip(letters)
            .all(|(sign, letter)| stands_for(*sign, *letter))
    };
    lower.len() == letters.len()
        && (spells(&mut letters.iter()) || spells(&mut letters.iter().rev()))
}

fn stands_for(sign: char, letter: char) -> bool {
    let signs = match letter {
        'a' => "4@",
        'b' => "8",
        'c' => "({[<",
        'e' => "3",
        'g' => "69",
        'i' => "1!|",
        'l' => "1|7",
        'o' => "0",
        's' => "$5",
        't' => "+7",
        'x' => "%",
        'z' => "2",
        _ => "",
    };
    sign == letter || signs.contains(sign)
}

/// One letter for all that a sign may stand for, and for whatever else may stand for these.
fn class(sign: char) -> char {
    let stood_for = "abcegilostxz"
        .chars()
        .find(|letter| stands_for(sign, *letter));
    match stood_for.unwrap_or(sign) {
        'l' | 't' => 'i',
        letter => letter,
    }
}

/// A piece over and over, the last one perhaps cut short: one or two characters however often, three up to ten times, a longer
/// piece if it is digits alone or guessed early itself.
fn is_repeated(lower: &[char]) -> bool {
    let repeats = |size: &usize| {
        lower
            .iter()
            .eq(lower[..*size].iter().cycle().take(lower.len()))
    };
    let Some(size) = (1..=lower.len() / 2).find(repeats) else {
        return false;
    };
    let times = lower.len() / size;
    let piece = &lower[..size];
    match size {
        1 | 2 => true,
        3 => is_sequence(piece) || times < 10,
        MIN_PIECE.. => is_one_thing(piece) || piece.iter().all(char::is_ascii_digit),
        0 => false,
    }
}

/// Each character as far from the one before it, as in `abcdefgh` or `97531`, perhaps once the first was repeated.
fn is_sequence(lower: &[char]) -> bool {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let mut steps = lower.windows(2).map(step).skip_while(|step| *step == 0);
    steps
        .next()
        .is_some_and(|first| first.unsigned_abs() <= MAX_STEP && steps.all(|other| other == first))
}

fn is_walk(lower: &[char]) -> bool {
    let forwards: String = lower.iter().collect();
    let backwards: String = lower.iter().rev().collect();
    ROWS.iter()
        .any(|row| row.contains(&forwards) || row.contains(&backwards))
}

/// Eight digits that are a day of the years 1900 to 2099, in any order of day, month and year.
fn is_date(lower: &[char]) -> bool {
    if lower.len() != 8 {
        return false;
    }
    let (first, last) = lower.split_at(4);
    is_year(first) && is_day(last) || is_year(last) && is_day(first)
}

/// Four digits, of which two are enough, as in `0024`.
fn is_year(digits: &[char]) -> bool {
    matches!(digits, ['1', '9', decade, year] | ['2' | '0', '0', decade, year]
        if decade.is_ascii_digit() && year.is_ascii_digit())
}

/// Whether these are day and month, or month and day.
fn is_day(digits: &[char]) -> bool {
    let number = |of: &[char]| of.iter().collect::<String>().parse::<u8>().ok();
    let (one, other) = digits.split_at(2);
    let (Some(one), Some(other)) = (number(one), number(other)) else {
        return false;
    };
    (1..=31).contains(&one.max(other)) && (1..=12).contains(&one.min(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Random, SystemRandom};

    /// What zxcvbn needs at most for what is refused here.
    const GUESSES: u64 = 10_000;

    /// Both judge the password; what the estimator finds early is to be found here as well.
    fn assert_found(password: &str, about: &[&str]) {
        let guesses = zxcvbn::zxcvbn(password, about).guesses();
        let found = is_guessed_early(password, about);
        assert!(found || guesses >= GUESSES, "{password}: {guesses}");
    }

    fn capitals(word: &str) -> String {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect()
    }

    fn signs(word: &str) -> String {
        word.replace('a', "@")
            .replace('o', "0")
            .replace('e', "3")
            .replace('s', "$")
    }

    #[test]
    fn words_are_found_however_they_are_spelt() {
        let words = COMMON_WORDS.lines().filter(|word| word.len() >= 8);
        for word in words.step_by(17) {
            for spelt in [
                word.to_owned(),
                word.to_uppercase(),
                capitals(word),
                signs(word),
                word.chars().rev().collect(),
            ] {
                assert!(is_guessed_early(&spelt, &[]), "{spelt}");
                assert_found(&spelt, &[]);
            }
        }
    }

    #[test]
    fn repeated_words_are_found() {
        for word in COMMON_WORDS
            .lines()
            .filter(|word| word.len() < 8)
            .step_by(29)
        {
            assert_found(&word.repeat(2), &[]);
            assert_found(&word.repeat(3), &[]);
        }
        for password in [
            "dragondragon",
            "aaaaaaaa",
            "19841984",
            "xyxyxyxyx",
            "LoveLoveLove",
            "P4ssP4ss",
            "bbabbbab",
        ] {
            assert!(is_guessed_early(password, &[]), "{password}");
        }
    }

    #[test]
    fn walks_sequences_and_dates_are_found() {
        for password in [
            "qwertyui",
            "LKJHGFDSA",
            "!@#$%^&*",
            "poiuytre",
            "abcdefgh",
            "zyxwvuts",
            "acegikmo",
            "13579bdf",
            "97531975",
            "31121999",
            "19991231",
            "12312001",
            "20010101",
            "aoeuidht",
            "qwertzui",
        ] {
            assert_found(password, &[]);
        }
        for row in ROWS {
            for start in 0..row.len().saturating_sub(8) {
                assert_found(&row[start..start + 8], &[]);
            }
        }
        for year in [1970, 1984, 1999, 2003, 2020, 2026] {
            for (day, month) in [(1, 1), (31, 12), (9, 11), (11, 9), (29, 2)] {
                assert_found(&format!("{day:02}{month:02}{year}"), &[]);
                assert_found(&format!("{month:02}{day:02}{year}"), &[]);
                assert_found(&format!("{year}{month:02}{day:02}"), &[]);
            }
        }
    }

    #[test]
    fn what_is_about_the_owner_is_found() {
        let about = ["Kserophira@example.com", "Kserophira"];
        for password in [
            "kserophira@example.com",
            "KSEROPHIRA",
            "Ks3roph1ra",
            "arihporesk",
        ] {
            assert!(is_guessed_early(password, &about), "{password}");
            assert!(
                !is_guessed_early(password, &["bob@example.com"]),
                "{password}"
            );
            assert_found(password, &about);
        }
    }

    /// Letters of few kinds repeat, walk and run by chance. The estimator has its oddities, such as the month `0001`.
    #[test]
    fn what_is_made_at_random_is_found_as_the_estimator_finds_it() {
        const EACH: usize = 150;
        let random: &dyn Random = &SystemRandom;
        let kinds = [
            "ab",
            "abc",
            "123",
            "aA1",
            "qwe",
            "12",
            "a1!",
            "asdf",
            "0123456789",
        ];
        let password = |letters: &str| -> String {
            let bytes = random.bytes::<13>();
            let letters: Vec<char> = letters.chars().collect();
            let pick = |byte: &u8| letters[usize::from(*byte) % letters.len()];
            let size = 8 + usize::from(bytes[12]) % 5;
            bytes.iter().map(pick).take(size).collect()
        };
        let made = kinds
            .iter()
            .flat_map(|letters| (0..EACH).map(move |_| password(letters)));
        let missed: Vec<_> = made
            .filter(|password| zxcvbn::zxcvbn(password, &[]).guesses() < GUESSES)
            .filter(|password| !is_guessed_early(password, &[]))
            .collect();
        assert!(missed.len() * 100 < kinds.len() * EACH, "{missed:?}");
    }

    #[test]
    fn a_long_start_of_one_thing_is_enough() {
        for password in [
            "a".repeat(1023) + "b",
            "ab".repeat(40) + "xkq",
            "aaaaaaab".to_owned(),
        ] {
            assert!(is_guessed_early(&password, &[]), "{password}");
        }
    }

    #[test]
    fn good_passwords_are_left_alone() {
        for password in [
            "correct horse battery staple",
            "Aa1!Aa1!Aa1!Aa1!",
            "tr0ub4dor&3x",
            "Sommer-Regen 7",
            "пароль подлиннее",
            "h7Gq2LpX",
            "31122026x",
            "99999999x1",
        ] {
            assert!(
                !is_guessed_early(password, &["ann@example.com"]),
                "{password}"
            );
        }
    }
}
