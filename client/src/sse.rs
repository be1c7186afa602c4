//! Server-Sent Events, as the HTML standard has them, with bounds: a parser that bytes are fed to.

/// The longest line, in bytes.
pub const LINE_MAX: usize = 256 * 1024;
/// The longest data of one event, in bytes.
pub const DATA_MAX: usize = 512 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its name; empty if it has none.
    pub event: String,
    /// Its data, lines joined by line feeds.
    pub data: String,
    /// Its id; empty if it has none of its own.
    pub id: String,
}

/// Why a stream is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line or the data of an event is too long.
    #[error("an event is longer than {DATA_MAX} bytes")]
    TooLong,
    /// It is not UTF-8.
    #[error("an event is not UTF-8")]
    NotText,
}

/// What was read of a stream so far.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    after_return: bool,
    message: Message,
    has_data: bool,
}

impl Parser {
    /// Takes in bytes as they come, and returns the events that they complete.
    ///
    /// # Errors
    /// When a bound is passed or the text is none: the stream must be given up.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Message>, SseError> {
        let mut messages = Vec::new();
        for byte in bytes {
            // A line ends with CR LF, LF or CR.
            let second_half = self.after_return && *byte == b'\n';
            self.after_return = *byte == b'\r';
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => messages.extend(self.end_line()?),
                _ if self.line.len() >= LINE_MAX => return Err(SseError::TooLong),
                _ => self.line.push(*byte),
            }
        }
        Ok(messages)
    }

    fn end_line(&mut self) -> Result<Option<Message>, SseError> {
        let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| SseError::NotText)?;
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return Ok(std::mem::take(&mut self.has_data).then_some(message));
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "data" => self.add_data(value)?,
            "id" => value.clone_into(&mut self.message.id),
            // Comments keep the connection open; retry times are not used.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseError> {
        if self.message.data.len() + value.len() + 1 > DATA_MAX {
            return Err(SseError::TooLong);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.message.data.push('\n');
        }
        self.message.data.push_str(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: &str, data: &str, id: &str) -> Message {
        Message { event: event.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    const STREAM: &str =
        ": hello\n\nevent: block\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nevent: none\n\ndata\n\nid: 7\ndata:  y\n\n";

    #[test]
    fn a_stream_reads_the_same_however_it_is_cut() {
        let expected =
            [message("block", "{\"a\":\n1}", ""), message("", "x", ""), message("", "", ""), message("", " y", "7")];
        assert_eq!(Parser::default().feed(STREAM.as_bytes()).expect("events"), expected);
        for cut in 1..STREAM.len() {
            let mut parser = Parser::default();
            let parts = STREAM.as_bytes().chunks(cut).map(|part| parser.feed(part).expect("events"));
            assert_eq!(parts.collect::<Vec<_>>().concat(), expected, "{cut}");
        }
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        assert_eq!(Parser::default().feed(b"data: 1\r\rdata: 2\r\r").expect("events").len(), 2);
    }

    #[test]
    fn nothing_grows_without_bound() {
        assert_eq!(Parser::default().feed(&vec![b'a'; LINE_MAX + 1]), Err(SseError::TooLong));
        let line = [b"data: ".as_slice(), &vec![b'a'; LINE_MAX - 6], b"\n"].concat();
        let mut parser = Parser::default();
        assert_eq!(parser.feed(&line), Ok(vec![]));
        assert_eq!(parser.feed(&line), Ok(vec![]));
        assert_eq!(parser.feed(&line), Err(SseError::TooLong));
    }

    #[test]
    fn what_is_not_text_is_refused() {
        assert_eq!(Parser::default().feed(b"data: \xff\n"), Err(SseError::NotText));
    }
}
