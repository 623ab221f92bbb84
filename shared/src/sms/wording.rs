//! What our text messages say, once per language.
//!
//! One message is one part on the network, and charged as one: all words are of the GSM alphabet (3GPP TS 23.038 §6.2.1), which has
//! no á, í, ó, ú or ç, and 160 of its characters are enough for them and a service's name. The code comes first, where phones
//! look for it.

use crate::domain::MessageLanguage;

/// What a text message says. No `Debug`: it holds a secret.
#[derive(Clone, Copy)]
pub enum SmsText<'a> {
    /// The code of a second factor, valid for 5 minutes.
    SignInCode {
        /// The code.
        code: &'a str,
    },
    /// The code that proves a number, valid for 5 minutes.
    NumberValidation {
        /// The code.
        code: &'a str,
    },
}

impl SmsText<'_> {
    /// Writes the message; `service` is the product's name as the reader knows it.
    pub fn compose(self, language: MessageLanguage, service: &str) -> String {
        match self {
            Self::SignInCode { code } => sign_in(language, code, service),
            Self::NumberValidation { code } => validation(language, code, service),
        }
    }
}

fn sign_in(language: MessageLanguage, code: &str, service: &str) -> String {
    match language {
        MessageLanguage::En => format!(
            "{code} is your sign-in code for {service}. Valid for 5 minutes. Never share it with anyone."
        ),
        MessageLanguage::De => format!(
            "{code} ist Ihr Code zur Anmeldung bei {service}. 5 Minuten gültig. Geben Sie ihn niemals weiter."
        ),
        MessageLanguage::Fr => format!(
            "{code} est votre code de connexion à {service}. Valable 5 minutes. Ne le communiquez à personne."
        ),
        MessageLanguage::Es => format!(
            "{code} es su clave para entrar en {service}. Vence en 5 minutos. No la comparta con nadie."
        ),
    }
}

fn validation(language: MessageLanguage, code: &str, service: &str) -> String {
    match language {
        MessageLanguage::En => format!(
            "{code} is your code to confirm this number for {service}. Valid for 5 minutes. Never share it with anyone."
        ),
        MessageLanguage::De => format!(
            "{code} ist Ihr Code, um diese Nummer bei {service} zu bestätigen. 5 Minuten gültig. Geben Sie ihn niemals weiter."
        ),
        MessageLanguage::Fr => format!(
            "{code} est votre code pour confirmer ce numéro, {service}. Valable 5 minutes. Ne le communiquez à personne."
        ),
        MessageLanguage::Es => format!(
            "{code} es su clave para confirmar este teléfono en {service}. Vence en 5 minutos. No la comparta con nadie."
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::SmsText;
    use crate::domain::MessageLanguage;

    const CODE: &str = "048213";
    const SERVICE: &str = "Gatehouse";
    const TEXTS: [SmsText; 2] = [
        SmsText::SignInCode { code: CODE },
        SmsText::NumberValidation { code: CODE },
    ];
    /// What of the GSM alphabet has one septet and is no ASCII letter, digit or space.
    const GSM_SIGNS: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

    fn every_text(service: &str) -> Vec<String> {
        let languages = MessageLanguage::ALL.into_iter();
        let texts = |language| TEXTS.map(|text| text.compose(language, service));
        languages.flat_map(texts).collect()
    }

    #[test]
    fn a_text_begins_with_its_code_and_names_the_service_and_the_time() {
        for text in every_text(SERVICE) {
            assert!(text.starts_with("048213 "), "{text}");
            for part in [CODE, SERVICE, " 5 minut"] {
                let found = text.to_lowercase().matches(&part.to_lowercase()).count();
                assert_eq!(found, 1, "{part} in {text}");
            }
        }
    }

    #[test]
    fn every_text_has_its_own_words() {
        let texts: BTreeSet<_> = every_text(SERVICE).into_iter().collect();
        assert_eq!(texts.len(), TEXTS.len() * MessageLanguage::ALL.len());
    }

    #[test]
    fn a_text_is_one_part_on_the_network() {
        let longest_name = "Word of Fifteen";
        for text in every_text(longest_name) {
            let is_gsm = |c: char| c.is_ascii_alphanumeric() || c == ' ' || GSM_SIGNS.contains(c);
            assert!(text.chars().all(is_gsm), "{text}");
            assert!(text.chars().count() <= 160, "{text}");
        }
    }

    #[test]
    fn a_whole_text() {
        let text = TEXTS[0].compose(MessageLanguage::En, SERVICE);
        assert_eq!(
            text,
            "048213 is your sign-in code for Gatehouse. Valid for 5 minutes. Never share it with anyone."
        );
    }
}
