//! Web addresses of products, brands and categories.

use super::record::push_integer;

/// `{"url":"/a/b/","is_customized":false}` from the words of a path; `member` names the first part.
pub(crate) fn url(member: &str, path: &[&str], id: Option<i64>) -> String {
    let mut out = format!(r#"{{"{member}":"/"#);
    for part in path {
        let mut dash = false;
        for letter in part.chars().filter_map(plain) {
            if letter == '-' {
                dash = true;
                continue;
            }
            if dash && !out.ends_with('/') {
                out.push('-');
            }
            dash = false;
            out.push(letter);
        }
        if !out.ends_with('/') {
            out.push('/');
        }
    }
    // Letters outside ASCII are folded or dropped, so the id keeps two products apart.
    if let Some(id) = id {
        out.pop();
        out.push('-');
        push_integer(&mut out, id);
        out.push('/');
    }
    out.push_str(r#"","is_customized":false}"#);
    out
}

/// The letter as web addresses have it: ASCII, lower case, a dash for everything between words.
fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'a'..='z' | '0'..='9' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'ę' => 'e',
        'ü' | 'ú' | 'Ü' => 'u',
        'ö' | 'ø' | 'Ø' | 'ō' | 'ó' => 'o',
        'å' | 'Å' | 'ä' | 'á' => 'a',
        'ñ' => 'n',
        'Č' => 'c',
        'Ż' => 'z',
        '\'' => return None,
        _ => '-',
    })
}
