use super::*;

fn resolve(file: &str, args: GlobalArgs, variables: Variables) -> Result<Settings, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baxter.toml");
    std::fs::write(&path, file).unwrap();
    Settings::resolve(&GlobalArgs { config: Some(path), ..args }, &variables)
}

fn problems(file: &str) -> Vec<String> {
    let problems = file::parse(file).expect_err("the file has problems");
    problems.into_iter().map(|p| format!("{}; {}", p.what, p.hint.unwrap_or_default())).collect()
}

#[test]
fn reference_parses_to_the_defaults() {
    let reference = resolve(REFERENCE, GlobalArgs::default(), Variables::default()).unwrap();
    assert_eq!(reference.requests, Requests::default());
    assert_eq!((reference.quiet, reference.verbose, reference.output), (false, 0, None));
    assert_eq!(reference.store, "main");
    assert!(reference.data_dir.ends_with("baxter-data"));
    assert_eq!(reference.log_retention, None);
    assert_eq!(reference.api_url.as_deref(), Some("https://api.bigcommerce.com"));
    assert!(matches!(reference.token, SecretSource::UnsetVariable(name) if name == "BAXTER_TOKEN"));
}

#[test]
fn reference_names_every_key() {
    let all: String = REFERENCE
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
        .filter(|line| !line.starts_with("token = { file"))
        .map(|line| format!("{line}\n"))
        .collect();
    let parsed = file::parse(&all).unwrap_or_else(|problems| panic!("{problems:?}\n{all}"));
    assert_eq!(parsed.default_store.as_deref(), Some("main"));
    assert_eq!(parsed.output, Some(Format::Table));
    assert_eq!(parsed.stores["main"].hash.as_deref(), Some("abc123"));
    assert_eq!(parsed.stores["main"].data_dir.as_deref(), Some(Path::new("./baxter-data/main")));
}

#[test]
fn flags_come_before_variables_before_file() {
    let file = "data_dir = 'from-file'\n[stores.main]\nhash = 'fromfile'\ntoken = {env = 'OTHER'}\n";
    let settings = resolve(file, GlobalArgs::default(), [("OTHER", "secret")].into()).unwrap();
    assert_eq!(settings.given_hash(), Some("fromfile"));
    assert!(settings.data_dir.is_absolute() && settings.data_dir.ends_with("from-file"));
    assert!(settings.connection().is_ok());

    let variables = || Variables::from([("BAXTER_STORE_HASH", "fromenv"), ("BAXTER_DATA_DIR", "env")]);
    let settings = resolve(file, GlobalArgs::default(), variables()).unwrap();
    assert_eq!(settings.given_hash(), Some("fromenv"));
    assert_eq!(settings.data_dir, Path::new("env"));

    let args = GlobalArgs { store_hash: Some("fromflag".into()), ..GlobalArgs::default() };
    let settings = resolve(file, args, variables()).unwrap();
    assert_eq!(settings.given_hash(), Some("fromflag"));
}

#[test]
fn the_change_log_is_kept_for_days_or_for_ever() {
    let days = |file: &str, variables| {
        let settings = resolve(file, GlobalArgs::default(), variables).unwrap();
        settings.log_retention.map(|time| time.as_secs() / (24 * 3600))
    };
    assert_eq!(days("log_retention = '30d'", Variables::default()), Some(30));
    assert_eq!(days("log_retention = '30d'", [("BAXTER_LOG_RETENTION", "forever")].into()), None);
    assert_eq!(days("", [("BAXTER_LOG_RETENTION", "1d")].into()), Some(1));
    for wrong in ["'12h'", "'0d'", "'-1d'", "'30'", "30"] {
        assert_eq!(problems(&format!("log_retention = {wrong}")).len(), 1, "{wrong}");
    }
}

#[test]
fn stores_can_have_directories_of_their_own() {
    let file = "data_dir = 'all'\n[stores.a]\ndata_dir = 'own'\n[stores.b]\n";
    let of = |name: &str| {
        let args = GlobalArgs { store: Some(name.into()), ..GlobalArgs::default() };
        resolve(file, args, Variables::default()).unwrap().data_dir
    };
    assert!(of("a").ends_with("own") && of("b").ends_with("all"));
}

#[test]
fn a_token_goes_only_to_its_store() {
    let file = "[stores.main]\nhash = 'abc'\ntoken = {env = 'OTHER'}\n";
    let args = GlobalArgs { store_hash: Some("def".into()), ..GlobalArgs::default() };
    let settings = resolve(file, args, [("OTHER", "secret")].into()).unwrap();
    assert!(matches!(settings.token, SecretSource::Missing));
}

#[test]
fn tokens_do_not_print() {
    let args = GlobalArgs { token: Some("canary".to_owned().into()), ..GlobalArgs::default() };
    assert!(!format!("{args:?}").contains("canary"));
    let settings = resolve("", args, Variables::default()).unwrap();
    assert!(!format!("{settings:?}").contains("canary"));
}

#[test]
fn names_all_problems_at_once() {
    assert_eq!(
        problems("dataa_dir = 'x'\nquiet = 1\n[requests]\nreserve = 2\n[stores.a]\nhsah = ''\n"),
        [
            "unknown key `dataa_dir`; did you mean `data_dir`?",
            "`quiet` must be true or false; ",
            "unknown key `hsah`; did you mean `hash`?",
            "`reserve` must be a number from 0 to 0.9; ",
        ]
    );
    assert_eq!(problems("default_store = 'b'\n[stores.a]\n"), ["there is no [stores.b]; "]);
    assert_eq!(problems("quiet ="), ["string values must be quoted, expected literal string; "]);
}

#[test]
fn a_key_that_is_unknown_is_led_to_the_one_that_was_meant() {
    for (file, said) in [
        ("hash = 'abc'", "unknown key `hash`; it belongs to a store: write it below [stores.NAME]"),
        ("timeout = '5s'", "unknown key `timeout`; write it below [requests]"),
        (
            "[requests]\nquiet = true",
            "unknown key `quiet`; it stands at the top of the file, before the first [table]",
        ),
        ("[stores.a]\nstore_hash = 'abc'", "unknown key `store_hash`; did you mean `hash`?"),
        ("[stores.a]\nurl = 'x'", "unknown key `url`; did you mean `api_url`?"),
        ("log-retention = '30d'", "unknown key `log-retention`; did you mean `log_retention`?"),
        ("[store.a]\nhash = 'abc'", "unknown key `store`; did you mean `stores`?"),
        (
            "[requests]\nretries = 3",
            "unknown key `retries`; known in [requests]: concurrency, reserve, timeout",
        ),
        ("default_store = 'mian'\n[stores.main]", "there is no [stores.mian]; did you mean `main`?; "),
    ] {
        assert_eq!(problems(file), [said], "{file}");
    }
}

#[test]
fn refuses_plain_text_tokens_without_repeating_them() {
    let failure =
        resolve("[stores.main]\ntoken = 'canary-in-the-file'\n", GlobalArgs::default(), Variables::default())
            .unwrap_err()
            .to_string();
    assert!(failure.contains("a token in plain text"), "{failure}");
    assert!(failure.contains("{ env = "), "{failure}");
    assert!(!failure.contains("canary"), "{failure}");
}

#[test]
fn chooses_a_store() {
    let two = "[stores.a]\n[stores.bee]\n";
    let with = |name: &str| GlobalArgs { store: Some(name.into()), ..GlobalArgs::default() };
    assert_eq!(resolve(two, with("a"), Variables::default()).unwrap().store, "a");
    let failure = resolve(two, with("be"), Variables::default()).unwrap_err().to_string();
    assert!(failure.contains("did you mean `bee`?"), "{failure}");
    let failure = resolve(two, GlobalArgs::default(), Variables::default()).unwrap_err().to_string();
    assert!(failure.contains("one of: a, bee"), "{failure}");
    assert_eq!(resolve("", with("any"), Variables::default()).unwrap().store, "any");
    assert_eq!(resolve("", GlobalArgs::default(), Variables::default()).unwrap().store, "default");
}
