//! Countries and states, as the store numbers them (geography.v2.yml).

/// One country a line: name, two letters, three letters; numbered by their lines.
const COUNTRIES: &str = include_str!("../../../resources/countries.txt");
/// One state a line: number of the country, name, abbreviation; numbered by their lines.
const STATES: &str = include_str!("../../../resources/states.txt");

/// A country.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Country {
    /// Its number.
    pub id: i64,
    /// Its English name.
    pub name: &'static str,
    /// Two letters.
    pub iso2: &'static str,
    /// Three letters.
    pub iso3: &'static str,
}

/// A state of a country.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Its number.
    pub id: i64,
    /// The number of its country.
    pub country: i64,
    /// Its name.
    pub name: &'static str,
    /// Its abbreviation.
    pub short: &'static str,
}

/// All countries.
pub(crate) fn countries() -> impl Iterator<Item = Country> {
    (1..).zip(COUNTRIES.lines()).filter_map(|(id, line)| {
        let mut parts = line.split('\t');
        Some(Country { id, name: parts.next()?, iso2: parts.next()?, iso3: parts.next()? })
    })
}

/// All states.
pub(crate) fn states() -> impl Iterator<Item = State> {
    (1..).zip(STATES.lines()).filter_map(|(id, line)| {
        let mut parts = line.split('\t');
        let country = parts.next()?.parse().ok()?;
        Some(State { id, country, name: parts.next()?, short: parts.next()? })
    })
}

/// The country with two letters.
pub(crate) fn country_of(code: &str) -> Option<Country> {
    countries().find(|country| country.iso2.eq_ignore_ascii_case(code))
}

/// The name of a country; a code that nobody has is its own name.
pub(crate) fn country(code: &str) -> &str {
    country_of(code).map_or(code, |country| country.name)
}

/// The two letters of a country, by its name or any of its codes.
pub(crate) fn code(name: &str) -> Option<&'static str> {
    let is = |country: &Country| {
        [country.name, country.iso2, country.iso3].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    countries().find(is).map(|country| country.iso2)
}
