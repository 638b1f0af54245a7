//! The fence, the decimals and the bounds of jq.

use super::*;

const LIMITS: Limits = Limits { outputs: 1_000, bytes: 4 * 1024 * 1024 };

fn run(expression: &str, input: &str) -> Result<Vec<String>, String> {
    let expression = Expression::compile(expression).map_err(|fault| fault.what)?;
    let stop = AtomicBool::new(false);
    let now = "2026-11-23T10:00:00.25Z".parse().unwrap();
    let scope = Scope::new(now, None, "orders", "100", &stop);
    texts(expression.run(read(input)?, &scope), Form::Json, LIMITS)
}

fn one(expression: &str) -> String {
    let outputs = run(expression, "null").unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert_eq!(outputs.len(), 1, "{expression}");
    outputs.into_iter().next().unwrap()
}

#[test]
fn number_tokens_stay_as_they_were_written() {
    assert_eq!(run(".price", r#"{"price":1.10}"#).unwrap(), ["1.10"]);
    assert_eq!(
        run("{p: .price}", r#"{"price":123456789012345678901234567890.10}"#).unwrap(),
        [r#"{"p":123456789012345678901234567890.10}"#]
    );
}

#[test]
fn stays_behind_the_fence() {
    for (expression, reason) in [
        ("env", "`env` is not available"),
        ("$ENV", "there is no variable `$ENV`"),
        ("input", "`input` is not available"),
        ("[inputs]", "`inputs` is not available"),
        ("input_filename", "`input_filename` is not available"),
        ("halt", "`halt` is not available"),
        ("halt_error", "`halt_error` is not available"),
        ("debug", "`debug` is not available"),
        ("debug(\"x\")", "`debug` is not available"),
        ("stderr", "`stderr` is not available"),
        ("debug_empty", "`debug_empty` is not available"),
        ("[repeat(1)]", "`repeat` is not available"),
        ("until(false; .)", "`until` is not available"),
        ("[while(true; .)]", "`while` is not available"),
        ("recurse(.)", "`recurse` is not available"),
        ("combinations", "`combinations` is not available"),
        ("def f: [f]; f", "`f` calls itself"),
        ("def f: def g: f; g; f", "`f` calls itself"),
        ("def f($x): f($x + 1); f(1)", "`f` calls itself"),
        ("\"\\(env)\"", "`env` is not available"),
        (".a as {(env): $x} | $x", "`env` is not available"),
        ("reduce env as $x (0; .)", "`env` is not available"),
        ("nope(1)", "there is no filter `nope`"),
        ("include \"x\"; .", "module loading"),
        (".[", "is needed at"),
    ] {
        let found = Expression::compile(expression).unwrap_err().what;
        assert!(found.contains(reason), "{expression}: {found}");
    }
    assert!(Expression::compile(&"-".repeat(LONGEST + 1)).is_err());
}

#[test]
fn faults_point_at_their_place() {
    let text = ".record\n| select(env.HOME)";
    let fault = Expression::compile(text).unwrap_err();
    assert_eq!(&text[fault.at], "env");
    let text = ".a | nope";
    let fault = Expression::compile(text).unwrap_err();
    assert_eq!(&text[fault.at], "nope");
    let fault = Expression::compile(".a | ]").unwrap_err();
    assert_eq!(fault.at.start, 5);
}

#[test]
fn what_does_not_end_is_ended() {
    for (expression, reason) in [
        ("range(infinite)", "more than 1000 values"),
        ("[range(infinite)]", "more than 1000000 steps"),
        ("[range(0; 1; 0)]", "does not end"),
        ("[range(2000)[]?, range(2000)] | .[]", "more than 1000 values"),
        ("\"x\" * 5000000", "more than 4194304 bytes"),
        ("\"[\" * 300 | fromjson", "nests deeper"),
        ("nan", "no JSON"),
    ] {
        let found = run(expression, "null").unwrap_err();
        assert!(found.contains(reason), "{expression}: {found}");
    }
    assert!(run(".", &("[".repeat(300) + &"]".repeat(300))).unwrap_err().contains("nests deeper"));
    assert_eq!(one("[range(3)] + [range(5; 0; -2)]"), "[0,1,2,5,3,1]");
}

#[test]
fn a_stopped_expression_ends_at_its_next_step() {
    let stop = AtomicBool::new(true);
    let scope = Scope::new(Timestamp::UNIX_EPOCH, None, "orders", "1", &stop);
    let expression = Expression::compile("[range(9)]").unwrap();
    let found = expression.run(Val::Null, &scope).next().unwrap().unwrap_err();
    assert_eq!(found, "it was stopped");
}

#[test]
fn deep_nesting_of_the_expression_is_survived() {
    let deep = "(".repeat(7000) + "." + &")".repeat(7000);
    assert_eq!(one(&deep), "null");
}

#[test]
fn definitions_may_share_a_name() {
    assert_eq!(one(r#"def f($x): $x + 1; def f: f(1); f"#), "2");
    assert_eq!(one("[2 | IN(1, 2), IN(1, 3; 4)]"), "[true,false]");
}

#[test]
fn decimals_are_exact() {
    for (expression, expected) in [
        (r#"dadd("0.1"; "0.2")"#, r#""0.3""#),
        (r#"dadd("84.8000"; 6.99)"#, r#""91.7900""#),
        (r#"dadd("0.00"; "0.0000")"#, r#""0.0000""#),
        (r#"dsub("91.7800"; "84.7900")"#, r#""6.9900""#),
        (r#"dmul("24.95"; 3)"#, r#""74.85""#),
        (r#"dmul("9.9900"; "1.0825")"#, r#""10.814175""#),
        (r#"dround("62.6793"; 2)"#, r#""62.68""#),
        (r#"dround("-2.5"; 0)"#, r#""-3""#),
        (r#"dround("2.125"; 2)"#, r#""2.13""#),
        (r#"dround("7"; 2)"#, r#""7.00""#),
        (r#"["1.10", 2, 0.205] | dsum"#, r#""3.305""#),
        ("[] | dsum", r#""0""#),
        (r#"dcmp("1.10"; "1.1")"#, "0"),
        (r#"dcmp("-2"; 1)"#, "-1"),
        (r#""0.00" | dneg"#, r#""0.00""#),
        (r#""15.83" | dneg"#, r#""-15.83""#),
        (r#""-15.83" | dabs"#, r#""15.83""#),
        ("dadd(9007199254740993; 1)", r#""9007199254740994""#),
        ("dadd(1e2; 0.5)", r#""100.5""#),
    ] {
        assert_eq!(one(expression), expected, "{expression}");
    }
}

#[test]
fn what_is_no_exact_decimal_is_refused() {
    for (expression, reason) in [
        ("dadd(0.1 + 0.2; 1)", "computed as a float"),
        ("dadd(null; 1)", "null is no decimal"),
        (r#"dadd("1_000"; 1)"#, "no decimal"),
        (r#"dadd("12,50"; 1)"#, "no decimal"),
        (r#"dadd(""; 1)"#, "no decimal"),
        (r#"dadd("79228162514264337593543950335"; "0.1")"#, "28 digits"),
        (r#"dmul("0.000000000000001"; "0.000000000000001")"#, "28 digits"),
        (r#"dadd("0.00000000000000000000000000001"; 1)"#, "no decimal"),
        (r#"dround("1"; 29)"#, "places"),
        (r#"{} | dsum"#, "array"),
    ] {
        let found = run(expression, "null").unwrap_err();
        assert!(found.contains(reason), "{expression}: {found}");
    }
}

#[test]
fn time_comes_from_the_clock_given() {
    assert_eq!(one("now | floor"), "1795428000");
    assert_eq!(one("now | todate"), r#""2026-11-23T10:00:00.25Z""#);
}

#[test]
fn lookups_name_what_there_is() {
    assert!(run(r#"lookup("order"; 1)"#, "null").unwrap_err().contains("there are products, variants"));
    assert!(run(r#"children("variants")"#, "null").unwrap_err().contains("do not belong to orders"));
    assert!(run(r#"lookup("orders"; 1)"#, "null").unwrap_err().contains("no mirror"));
    assert_eq!(run(r#"error("the sums differ")"#, "null").unwrap_err(), "the sums differ");
}

async fn print(expression: &str, json: &str) -> Result<Vec<String>, String> {
    let limits = Limits { outputs: 3, bytes: 64 };
    Expression::compile(expression).unwrap().print(json.to_owned(), Timestamp::UNIX_EPOCH, limits).await
}

#[tokio::test]
async fn prints_strings_bare_and_numbers_as_they_were_written() {
    let json = r#"{"data":[{"id":1,"price":1.10,"name":"a \"b\""}]}"#;
    assert_eq!(
        print(".data[] | .price, .name, {id}", json).await.unwrap(),
        ["1.10", "a \"b\"", r#"{"id":1}"#]
    );
    assert_eq!(print("[recurse | numbers] | length", json).await.unwrap(), ["2"]);
    assert_eq!(print("now | floor, nan", json).await.unwrap(), ["0", "NaN"]);
}

#[tokio::test]
async fn printing_is_bounded_and_has_no_mirror() {
    for (expression, json, reason) in [
        ("range(4)", "null", "more than 3 values"),
        (r#""x" * 65"#, "null", "more than 64 bytes"),
        ("[range(infinite)]", "null", "more than 1000000 steps"),
        (r#"lookup("orders"; 1)"#, "null", "no mirror"),
        (r#"children("variants")"#, "null", "no record"),
        (".", "<html>", "no JSON"),
        (".", &"[".repeat(100_000), "nests deeper"),
    ] {
        let found = print(expression, json).await.unwrap_err();
        assert!(found.contains(reason), "{expression}: {found}");
    }
}
