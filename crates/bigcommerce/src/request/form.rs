//! A body of kind `multipart/form-data` (RFC 7578): a file, and texts beside it.

/// Kinds of images by the bytes they begin with; the store looks at the bytes itself.
const KINDS: [(&[u8], &str); 5] = [
    (b"\x89PNG", "image/png"),
    (b"\xFF\xD8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"BM", "image/bmp"),
];

/// A file of a form.
pub(super) struct File<'a> {
    /// The member of the form.
    pub(super) member: &'a str,
    /// What the file is called.
    pub(super) name: &'a str,
    /// What is in it.
    pub(super) content: &'a [u8],
}

/// The body, and the value of its `Content-Type`.
pub(super) fn body(texts: &[(String, String)], file: &File<'_>) -> (Vec<u8>, String) {
    let occurs = |mark: &[u8]| {
        file.content.windows(mark.len()).any(|window| window == mark)
            || texts.iter().any(|(_, text)| text.as_bytes().windows(mark.len()).any(|window| window == mark))
    };
    let mut number = 0_u64;
    let mark = loop {
        let mark = format!("bigcommerce-form-{number:016x}");
        if !occurs(mark.as_bytes()) {
            break mark;
        }
        number += 1;
    };
    let mut body = Vec::with_capacity(file.content.len() + 512);
    for (member, text) in texts {
        let head = format!("--{mark}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", quoted(member));
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(text.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    let kind = KINDS.iter().find(|(magic, _)| file.content.starts_with(magic));
    let head = format!(
        "--{mark}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
        quoted(file.member),
        quoted(file.name),
        kind.map_or("application/octet-stream", |(_, kind)| kind),
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file.content);
    body.extend_from_slice(format!("\r\n--{mark}--\r\n").as_bytes());
    (body, format!("multipart/form-data; boundary={mark}"))
}

/// A name that can end neither its quotes nor its line.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_browsers_do() {
        let file = File { member: "image_file", name: "a\"\r\nb.png", content: b"\x89PNG\r\n--" };
        let (form, kind) = body(&[("description".into(), "red".into())], &file);
        assert_eq!(kind, "multipart/form-data; boundary=bigcommerce-form-0000000000000000");
        assert_eq!(
            form,
            b"--bigcommerce-form-0000000000000000\r\n\
              Content-Disposition: form-data; name=\"description\"\r\n\r\nred\r\n\
              --bigcommerce-form-0000000000000000\r\n\
              Content-Disposition: form-data; name=\"image_file\"; filename=\"a%22%0D%0Ab.png\"\r\n\
              Content-Type: image/png\r\n\r\n\x89PNG\r\n--\r\n\
              --bigcommerce-form-0000000000000000--\r\n"
        );
        // A file that holds the mark gets another one.
        let (_, other) = body(&[], &File { member: "m", name: "n", content: &form });
        assert_eq!(other, "multipart/form-data; boundary=bigcommerce-form-0000000000000001");
    }
}
