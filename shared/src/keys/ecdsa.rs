//! The two forms of an ECDSA signature on P-256: DER (RFC 3279 §2.2.3), which KMS gives, and r||s (RFC 7518 §3.4), which a token
//! has.

/// How long each of the two numbers is.
const NUMBER: usize = 32;
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Both numbers of a signature in DER, each in 32 bytes. Nothing if it is no such signature, whole and in the one encoding that DER
/// allows.
pub(super) fn fixed(der: &[u8]) -> Option<[u8; 2 * NUMBER]> {
    let (numbers, rest) = element(der, SEQUENCE)?;
    let (r, numbers) = element(numbers, INTEGER)?;
    let (s, numbers) = element(numbers, INTEGER)?;
    if !rest.is_empty() || !numbers.is_empty() {
        return None;
    }
    let mut both = [0; 2 * NUMBER];
    let (first, second) = both.split_at_mut(NUMBER);
    place(r, first)?;
    place(s, second)?;
    Some(both)
}

/// The content of the element that stands first, and what follows it. No part of such a signature is over 127 bytes long, so that a
/// length is always one byte.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, bytes) = bytes.split_first()?;
    let (length, bytes) = bytes.split_first()?;
    (*found == tag && *length < 0x80).then_some(())?;
    bytes.split_at_checked(usize::from(*length))
}

/// Writes a positive number in DER to the end of the field, which is all zeros.
fn place(number: &[u8], field: &mut [u8]) -> Option<()> {
    let magnitude = match number {
        // A zero stands first only where the number would be taken for a negative one.
        [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => rest,
        [1..0x80, ..] => number,
        _ => return None,
    };
    let start = field.len().checked_sub(magnitude.len())?;
    field[start..].copy_from_slice(magnitude);
    Some(())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    };

    use super::{NUMBER, fixed};

    /// A number as DER has it.
    fn integer(number: &[u8]) -> Vec<u8> {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let mut magnitude = number[zeros.min(number.len() - 1)..].to_vec();
        if magnitude[0] >= 0x80 {
            magnitude.insert(0, 0);
        }
        let length = u8::try_from(magnitude.len()).expect("a short number");
        [vec![0x02, length], magnitude].concat()
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).expect("a short sequence");
        [vec![0x30, length], content].concat()
    }

    fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
        sequence(&[integer(r), integer(s)])
    }

    #[test]
    fn what_another_implementation_signs_verifies_in_the_other_form() {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
        for round in 0..2000_u32 {
            let message = round.to_be_bytes();
            let signature = pair.sign(&random, &message).expect("a signature");
            let both = fixed(signature.as_ref()).expect("it is one");
            assert!(public.verify(&message, &both).is_ok(), "{round}");
        }
    }

    #[test]
    fn numbers_of_any_length_come_out_whole() {
        let random = SystemRandom::new();
        for round in 0..20_000_usize {
            let mut both = [0; 2 * NUMBER];
            random.fill(&mut both).expect("chance");
            // Leading zeros of any number, up to a number of one byte.
            both[..round % NUMBER].fill(0);
            both[NUMBER..NUMBER + (round / NUMBER) % NUMBER].fill(0);
            both[NUMBER - 1] |= 1;
            both[2 * NUMBER - 1] |= 1;
            let (r, s) = both.split_at(NUMBER);
            assert_eq!(fixed(&der(r, s)), Some(both));
        }
    }

    #[test]
    fn whatever_is_not_exactly_der_is_refused() {
        let one = vec![0x02, 1, 1];
        let whole = sequence(&[one.clone(), one.clone()]);
        assert!(fixed(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(fixed(&whole[..end]), None, "the first {end}");
        }
        for number in [
            vec![0x02, 0],
            vec![0x02, 1, 0],
            vec![0x02, 1, 0x80],
            vec![0x02, 2, 0, 0x7f],
            vec![0x02, 2, 0, 0],
            vec![0x02, 3, 0, 0, 0x80],
            vec![0x02, 0x81, 1, 1],
            vec![0x03, 1, 1],
            [vec![0x02, 33, 1], vec![1; 32]].concat(),
            [vec![0x02, 34, 0, 0x80], vec![1; 32]].concat(),
        ] {
            let ends = [
                sequence(&[number.clone(), one.clone()]),
                sequence(&[one.clone(), number.clone()]),
            ];
            for der in ends {
                assert_eq!(fixed(&der), None, "{der:?}");
            }
        }
        for der in [
            [whole.clone(), vec![0]].concat(),
            sequence(&[one.clone(), one.clone(), one.clone()]),
            sequence(std::slice::from_ref(&one)),
            sequence(&[]),
            vec![0x31, 6, 2, 1, 1, 2, 1, 1],
            vec![0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            vec![0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
            vec![],
        ] {
            assert_eq!(fixed(&der), None, "{der:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let signature = pair.sign(&random, b"message").expect("a signature");
        for at in 0..signature.as_ref().len() {
            for byte in 0..=u8::MAX {
                let mut changed = signature.as_ref().to_vec();
                changed[at] = byte;
                // Another number is a signature in form; anything else is none.
                if let Some(both) = fixed(&changed) {
                    let (r, s) = both.split_at(NUMBER);
                    assert_eq!(der(r, s), changed);
                }
            }
        }
    }
}
