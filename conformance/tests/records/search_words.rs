//! `GET /{module}/search` by `word`, `email` and `phone`: what the full text index finds.

use dealwright_testkit::records::{contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::outcome;

/// Values of a field of what is found, in the order of the answer.
async fn found(api: &Api, module: &str, param: (&str, &str), field: &str) -> Vec<String> {
    let answer = api.get_with(&format!("{module}/search"), &[param]).await;
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{param:?}: {}", answer.text);
    answer.rows().iter().map(|row| row[field].as_str().unwrap_or_default().to_owned()).collect()
}

async fn leads(api: &Api, word: &str) -> Vec<String> {
    found(api, "Leads", ("word", word), "Last_Name").await
}

/// Letters of random texts and what they are compared as; a space is what stands between words.
const LETTERS: [(&str, &str); 28] = [
    ("a", "a"),
    ("B", "b"),
    ("é", "e"),
    ("e\u{301}", "e"),
    ("Å", "a"),
    ("ß", "ss"),
    ("Æ", "ae"),
    ("Ł", "l"),
    ("ø", "o"),
    ("ﬁ", "fi"),
    ("Ж", "ж"),
    ("й", "и"),
    ("Ω", "ω"),
    ("ς", "σ"),
    ("Σ", "σ"),
    ("İ", "i"),
    ("7", "7"),
    ("Ｑ", "q"),
    ("ק", "ק"),
    ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
    (" ", " "),
    ("-", " "),
    ("'", " "),
    ("—", " "),
    ("😀", " "),
    ("\\", " "),
    (":*", " "),
    ("\"", " "),
];
/// The same for characters each of which begins a word.
const SPACELESS: [&str; 5] = ["東", "京", "都", "か", "ย"];

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// A text and what it is compared as.
    fn text(&mut self, length: usize) -> (String, String) {
        let (mut text, mut folded) = (String::new(), String::new());
        for _ in 0..length {
            if self.below(6) == 0 {
                let one = SPACELESS[self.below(SPACELESS.len())];
                text.push_str(one);
                folded.push_str(one);
            } else {
                let (letter, as_if) = LETTERS[self.below(LETTERS.len())];
                text.push_str(letter);
                folded.push_str(as_if);
            }
        }
        (text, folded)
    }
}

/// Words of a folded text, cut where a script without spaces begins or ends.
fn words(folded: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in folded.chars() {
        let kind = if c == ' ' { None } else { Some(SPACELESS.contains(&c.to_string().as_str())) };
        match kind {
            Some(_) if kind == before => words.last_mut().expect("a word has begun").push(c),
            Some(_) => words.push(c.to_string()),
            None => {}
        }
        before = kind;
    }
    words
}

/// True when every word asked for is the beginning of a word of the record; scripts without spaces begin one at every
/// character, and more than three of their characters are compared by threes.
fn matches(record: &[String], asked: &[String]) -> bool {
    let is_spaceless = |word: &str| SPACELESS.iter().any(|one| word.starts_with(one));
    let is_in = |part: &str| record.iter().any(|word| is_spaceless(word) && word.contains(part));
    asked.iter().all(|word| {
        if is_spaceless(word) {
            let characters: Vec<char> = word.chars().collect();
            let parts = characters.windows(3.min(characters.len()));
            return parts.into_iter().all(|part| is_in(&part.iter().collect::<String>()));
        }
        record.iter().any(|other| other.starts_with(word.as_str()))
    })
}

on_both! {
    async fn words_are_found_without_regard_to_accents_and_case(server: TestServer) {
        let api = server.api();
        api.insert(lead("Müller Straße").with("City", "ŁÓDŹ")).await;
        api.insert(lead("Ångström").with("City", "Αθήνας").with("Description", "Ørsted Œuvre ЙОГУРТ")).await;
        for (word, expected) in [
            ("muller", "Müller Straße"),
            ("MÜLLER", "Müller Straße"),
            ("mu\u{308}ller", "Müller Straße"),
            ("strasse", "Müller Straße"),
            ("STRAẞE", "Müller Straße"),
            ("lodz", "Müller Straße"),
            ("angstr", "Ångström"),
            ("ΑΘΗΝΑΣ", "Ångström"),
            ("αθηνασ", "Ångström"),
            ("oers", ""),
            ("orsted", "Ångström"),
            ("oeuvre", "Ångström"),
            ("йогурт", "Ångström"),
            ("lodz str", "Müller Straße"),
            ("mull*", "Müller Straße"),
            ("lodz angstr", ""),
            ("uller", ""),
            ("——", ""),
        ] {
            assert_eq!(leads(&api, word).await.join(","), expected, "{word}");
        }
    }

    async fn texts_without_spaces_begin_a_word_at_every_character(server: TestServer) {
        let api = server.api();
        api.insert(lead("東京都庁").with("Company", "ガラス iPhone")).await;
        for (word, count) in [("東京", 1), ("京都", 1), ("都庁", 1), ("東京都庁", 1), ("東都", 0), ("ガラ", 1), ("iph", 1)] {
            assert_eq!(leads(&api, word).await.len(), count, "{word}");
        }
    }

    async fn whole_words_come_first_and_then_the_newest(server: TestServer) {
        let api = server.api();
        for (name, city) in [("markus", "berlin"), ("mark one", "berlin"), ("marked", "x"), ("mark two", "berliner"), ("marker", "berlin")] {
            api.insert(lead(name).with("City", city)).await;
        }
        assert_eq!(leads(&api, "mark").await, ["mark two", "mark one", "marker", "marked", "markus"]);
        assert_eq!(leads(&api, "Mark Berlin").await, ["mark one", "marker", "mark two", "markus"]);
        let mut pages = Vec::new();
        for page in ["1", "2", "3"] {
            let params = [("word", "mark"), ("per_page", "2"), ("page", page), ("fields", "Last_Name")];
            let rows = api.get_with("Leads/search", &params).await.rows();
            pages.extend(rows.iter().map(|row| row["Last_Name"].as_str().unwrap_or_default().to_owned()));
        }
        assert_eq!(pages, ["mark two", "mark one", "marker", "marked", "markus"]);
        let answer = api.get_with("Leads/search", &[("word", "mark"), ("sort_by", "id"), ("sort_order", "asc")]).await;
        assert_eq!(answer.rows()[0]["Last_Name"], "markus");
        let count = api.get_with("Leads/actions/count", &[("word", "mark berlin")]).await;
        assert_eq!(count.text, "{\"count\":4}");
    }

    async fn the_index_is_in_step_after_every_kind_of_write(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("Before").with("Phone", "111").with("Email", "one@x.io")).await;
        let put = |data: Value| {
            let (api, path) = (api.clone(), format!("Leads/{id}"));
            async move { assert_eq!(outcome(&api.put(&path, &json!({"data": [data]})).await), "200 SUCCESS") }
        };
        put(json!({"Last_Name": "After", "Email": "two@x.io", "Phone": "222"})).await;
        assert_eq!((leads(&api, "before").await.len(), leads(&api, "after").await.len()), (0, 1));
        for (param, count) in [(("email", "one@"), 0), (("email", "two@"), 1), (("phone", "111"), 0), (("phone", "22"), 1)] {
            assert_eq!(found(&api, "Leads", param, "Last_Name").await.len(), count, "{param:?}");
        }
        let body = json!({"data": [{"Last_Name": "Upserted", "Email": "two@x.io"}], "duplicate_check_fields": ["Email"]});
        assert_eq!(api.post("Leads/upsert", &body).await.status, 200);
        assert_eq!((leads(&api, "after").await.len(), leads(&api, "upserted").await.len()), (0, 1));
        let body = json!({"data": [{"City": "Massville"}], "ids": [id], "over_write": true});
        assert_eq!(outcome(&api.post("Leads/actions/mass_update", &body).await), "200 SUCCESS");
        assert_eq!(leads(&api, "massville upserted").await.len(), 1);
        let copy = api.post(&format!("Leads/{id}/actions/clone"), &json!({"data": [{"Last_Name": "Copied"}]})).await;
        assert!(copy.status < 300, "{}", copy.text);
        assert_eq!(leads(&api, "massville").await.len(), 2);
        assert_eq!(api.delete(&format!("Leads?ids={id}")).await.status, 200);
        assert_eq!(leads(&api, "upserted").await.len(), 0);
        let answer = api.post(&format!("settings/recycle_bin/{id}/actions/restore"), &json!({})).await;
        assert!(answer.status < 300, "{}", answer.text);
        assert_eq!(leads(&api, "upserted").await, ["Upserted"]);
        let other = api.insert(lead("Leaving").with("Company", "Wayfarers").with("City", "Elsewhere")).await;
        let answer = api.post(&format!("Leads/{other}/actions/convert"), &json!({"data": [{}]})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(leads(&api, "leaving").await.len(), 0);
        assert_eq!(found(&api, "Contacts", ("word", "leaving"), "Last_Name").await, ["Leaving"]);
        assert_eq!(found(&api, "Accounts", ("word", "wayf"), "Account_Name").await, ["Wayfarers"]);
    }

    async fn a_new_field_is_searched_and_a_removed_one_is_not(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("old")).await;
        let field = json!({"fields": [{"field_label": "Berth", "data_type": "text", "length": 60}]});
        let made = api.post("settings/fields?module=Deals", &field).await;
        assert_eq!(made.status, 201, "{}", made.text);
        api.insert(deal("new").with("Berth", "Harbour North")).await;
        assert_eq!(outcome(&api.put(&format!("Deals/{id}"), &json!({"data": [{"Berth": "Harbour South"}]})).await), "200 SUCCESS");
        let names = |word: &'static str| {
            let api = api.clone();
            async move { found(&api, "Deals", ("word", word), "Deal_Name").await }
        };
        assert_eq!(names("harbour").await, ["new", "old"]);
        assert_eq!(names("old sou").await, ["old"]);
        let server = server.restart(|_| {}).await;
        let api = server.api();
        assert_eq!(found(&api, "Deals", ("word", "harbour"), "Deal_Name").await.len(), 2);
        let field = made.json()["fields"][0]["details"]["id"].as_str().unwrap_or_default().to_owned();
        let gone = api.delete(&format!("settings/fields/{field}?module=Deals")).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(found(&api, "Deals", ("word", "harbour"), "Deal_Name").await.len(), 0);
        assert_eq!(found(&api, "Deals", ("word", "old"), "Deal_Name").await, ["old"]);
    }

    async fn parts_of_addresses_and_numbers_are_found_wherever_they_stand(server: TestServer) {
        let api = server.api();
        api.insert(contact("Lovelace").with("Email", "Ada.King+post@Example.com").with("Phone", "+1 (555) 010-99")).await;
        api.insert(contact("Babbage").with("Secondary_Email", "charles@example.com").with("Mobile", "55 50 88 77")).await;
        for (address, count) in [
            ("ada.king+post@example.com", 1),
            ("g+po", 1),
            ("KING", 1),
            ("k", 1),
            ("m", 2),
            ("om", 2),
            ("@example.c", 2),
            (".", 2),
            ("king.post", 0),
            ("ada king", 0),
            ("example.comm", 0),
        ] {
            let found = found(&api, "Contacts", ("email", address), "Last_Name").await;
            assert_eq!(found.len(), count, "{address}");
        }
        for (number, count) in [
            ("15550109", 1),
            ("+1 555-010-99", 1),
            ("5501099", 1),
            ("99", 1),
            ("5", 2),
            ("555", 2),
            ("5550", 2),
            ("55501", 1),
            ("9955", 0),
            ("5508877", 1),
        ] {
            let found = found(&api, "Contacts", ("phone", number), "Last_Name").await;
            assert_eq!(found.len(), count, "{number}");
        }
    }

    async fn the_index_finds_what_reading_every_record_finds(server: TestServer) {
        let api = server.api();
        let mut numbers = Numbers(7);
        let (mut records, mut held) = (Vec::new(), Vec::new());
        for at in 0..200 {
            let ((one, folded_one), (two, folded_two)) = (numbers.text(9), numbers.text(14));
            let mut own = words(&folded_one);
            own.extend(words(&folded_two));
            held.push(own);
            records.push(lead(&format!("n{at}n")).with("Company", "zzz").with("Description", one).with("Street", two).value());
        }
        api.insert_all("Leads", &records).await;
        let (mut compared, mut hits) = (0, 0);
        for _ in 0..250 {
            let length = 2 + numbers.below(3);
            let (text, folded) = numbers.text(length);
            let asked = words(&folded);
            if asked.is_empty() {
                continue;
            }
            let answer = api.get_with("Leads/search", &[("word", text.as_str()), ("fields", "Last_Name")]).await;
            if outcome(&answer) == "400 INVALID_DATA" || outcome(&answer) == "400 INVALID_QUERY" {
                continue;
            }
            let rows = if answer.status == 204 { Vec::new() } else { answer.rows() };
            let mut names: Vec<&str> = rows.iter().filter_map(|row| row["Last_Name"].as_str()).collect();
            names.sort_unstable();
            let expected = held.iter().enumerate().filter(|(_, own)| matches(own, &asked)).map(|(at, _)| format!("n{at}n"));
            let mut expected: Vec<String> = expected.collect();
            expected.sort_unstable();
            assert_eq!(names, expected, "{text:?}");
            compared += 1;
            hits += names.len();
        }
        assert!(compared > 150 && hits > 100, "{compared} searches with {hits} records prove little");
    }
}
