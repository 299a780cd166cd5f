//! Sending mail: to a mail server, or into a folder.
//!
//! What a person typed can be in a subject, never in a header of its own: control characters become spaces before a
//! header is written, and what is not ASCII is encoded (case 42).

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use kernel::{MailId, Timestamp};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, SinglePart},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use operation::outbox::{Deliver, Mail as OutgoingMail};

use crate::config::{Mail, MailWay, Smtp, SmtpTls};

/// For each step of the conversation with a mail server.
const STEP_LIMIT: Duration = Duration::from_secs(20);
/// Longer subjects are cut; people see no more of them anyway.
const LONGEST_SUBJECT: usize = 200;

/// Sends mail, one way.
#[derive(Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

impl Deliver for Mailer {
    /// Once this returns, the mail server has taken the mail, or its file is on the disk.
    fn deliver<'a>(
        &'a self,
        id: MailId,
        at: Timestamp,
        mail: &'a OutgoingMail,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(self.send(id, at, mail))
    }
}

impl Mailer {
    pub fn new(mail: &Mail) -> Result<Self, String> {
        let way = match &mail.way {
            MailWay::Smtp(smtp) => Way::Smtp(transport(smtp)?),
            MailWay::Folder(folder) => Way::Folder(folder.clone()),
        };
        Ok(Self { from: mail.from.clone(), way })
    }

    async fn send(&self, id: MailId, at: Timestamp, mail: &OutgoingMail) -> Result<(), String> {
        let message = self.write(id, at, mail)?;
        match &self.way {
            Way::Smtp(transport) => {
                transport.send(message).await.map(drop).map_err(|error| error.to_string())
            }
            Way::Folder(folder) => {
                let name = format!("{:020}-{id}.eml", at.as_micros());
                let path = put(folder, &name, &message.formatted())
                    .await
                    .map_err(|error| format!("cannot write into {}: {error}", folder.display()))?;
                tracing::info!(file = %path.display(), to = %mail.to, "mail written to a file");
                Ok(())
            }
        }
    }

    fn write(&self, id: MailId, at: Timestamp, mail: &OutgoingMail) -> Result<Message, String> {
        let address: Address =
            mail.to.as_str().parse().map_err(|_| format!("{} cannot be written into a mail", mail.to))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(one_line(&mail.subject))
            .date(std::time::UNIX_EPOCH + Duration::from_micros(at.as_micros().unsigned_abs()))
            // The same for each try, so that whoever gets a mail twice can notice.
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .singlepart(SinglePart::plain(mail.body.clone()))
            .map_err(|error| error.to_string())
    }
}

/// Without what would end a header or hide in it.
fn one_line(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST_SUBJECT).collect()
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters = || TlsParameters::new(smtp.host.clone()).map_err(|error| error.to_string());
    let tls = match smtp.tls {
        // Required: what only offers it could be told by anybody in between not to.
        SmtpTls::StartTls => Tls::Required(parameters()?),
        SmtpTls::Tls => Tls::Wrapper(parameters()?),
        SmtpTls::None => Tls::None,
    };
    // The name is of the library, for a builder without TLS; it is set in the next step, or goes to this machine only.
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host.as_str())
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(STEP_LIMIT));
    if let Some((username, password)) = &smtp.credentials {
        builder = builder.credentials(Credentials::new(username.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

/// One file for each mail; their names sort by time.
async fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    let path = folder.join(name);
    // Whoever watches the folder sees whole mails only.
    let unfinished = folder.join(format!(".{name}.part"));
    write_whole(&unfinished, bytes).await?;
    tokio::fs::rename(&unfinished, &path).await?;
    Ok(path)
}

async fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let mut file =
        tokio::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).await?;
    file.write_all(bytes).await?;
    file.sync_all().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Secret, entropy::Counting};
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };

    fn mail(subject: &str) -> OutgoingMail {
        OutgoingMail {
            to: "joana@aurora.example".parse().expect("an address"),
            subject: subject.to_owned(),
            body: "Olá Joana,\n.\nthe token was revoked at 12:31.\n".to_owned(),
        }
    }

    fn sending(count: i64) -> (MailId, Timestamp) {
        let at = Timestamp::from_seconds(1_795_347_000 + count);
        (MailId::new(at, &Counting::new(1)), at)
    }

    fn from() -> Mailbox {
        "Example Access <access@example.com>".parse().expect("a mailbox")
    }

    async fn into_folder(mails: &[OutgoingMail]) -> Vec<String> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let way = MailWay::Folder(directory.path().join("mail"));
        let mailer = Mailer::new(&Mail { from: from(), way }).expect("a folder needs nothing");
        for (count, mail) in (1..).zip(mails) {
            let (id, at) = sending(count);
            mailer.deliver(id, at, mail).await.expect("written");
        }
        let mut files: Vec<_> = std::fs::read_dir(directory.path().join("mail"))
            .expect("made")
            .map(|entry| entry.expect("readable").path())
            .collect();
        files.sort();
        assert!(files.iter().all(|file| file.extension().is_some_and(|end| end == "eml")), "{files:?}");
        files.iter().map(|file| std::fs::read_to_string(file).expect("text")).collect()
    }

    #[tokio::test]
    async fn a_folder_gets_one_file_for_each_mail_in_order() {
        let files = into_folder(&[mail("first"), mail("second"), mail("third")]).await;
        let subjects: Vec<_> =
            files.iter().filter_map(|file| file.lines().find(|line| line.starts_with("Subject:"))).collect();
        assert_eq!(subjects, ["Subject: first", "Subject: second", "Subject: third"]);
        assert!(
            files[0].contains("From: \"Example Access\" <access@example.com>")
                || files[0].contains("From: Example Access <access@example.com>"),
            "{}",
            files[0]
        );
    }

    /// Case 42: one recipient, one subject, no header of the attacker's.
    #[tokio::test]
    async fn a_subject_cannot_add_headers() {
        let files =
            into_folder(&[mail("hello\r\nBcc: evil@example.net\r\n\r\nbody\u{2028}x\u{202e}y")]).await;
        let head = files[0].split("\r\n\r\n").next().expect("a head");
        let names: Vec<_> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| line.split(':').next())
            .collect();
        assert!(!names.contains(&"Bcc"), "{head}");
        assert_eq!(names.iter().filter(|name| **name == "To").count(), 1, "{head}");
        assert!(!head.contains('\u{202e}') && !head.contains('\u{2028}'), "{head}");
        assert_eq!(one_line("a\r\n\tb\0c"), "a b c");
    }

    struct Taken {
        recipients: Vec<String>,
        data: String,
        commands: Vec<String>,
    }

    /// A mail server for one mail.
    async fn sink(listener: TcpListener, answer_to_recipient: &'static str) -> Taken {
        let (stream, _) = listener.accept().await.expect("the mailer");
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut taken = Taken { recipients: Vec::new(), data: String::new(), commands: Vec::new() };
        write.write_all(b"220 sink\r\n").await.expect("open");
        while let Ok(Some(line)) = lines.next_line().await {
            taken.commands.push(line.clone());
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match word.as_str() {
                "EHLO" => "250-sink\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n",
                "AUTH" => "235 welcome\r\n",
                "RCPT" => {
                    taken.recipients.push(line);
                    answer_to_recipient
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await.expect("open");
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        taken.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                        taken.data.push('\n');
                    }
                    "250 taken\r\n"
                }
                "QUIT" => break,
                _ => "250 ok\r\n",
            };
            write.write_all(answer.as_bytes()).await.expect("open");
            if !taken.data.is_empty() || answer.starts_with('5') || answer.starts_with('4') {
                break;
            }
        }
        taken
    }

    async fn over_smtp(
        mail: &OutgoingMail,
        answer_to_recipient: &'static str,
    ) -> (Result<(), String>, Taken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().expect("bound").port(),
            tls: SmtpTls::None,
            credentials: Some(("user".to_owned(), Secret::from_text("pass".to_owned()))),
        };
        let mailer = Mailer::new(&Mail { from: from(), way: MailWay::Smtp(smtp) }).expect("sound");
        let (id, at) = sending(1);
        tokio::join!(mailer.deliver(id, at, mail), sink(listener, answer_to_recipient))
    }

    #[tokio::test]
    async fn a_mail_server_gets_the_mail_as_it_was_written() {
        let (sent, taken) = over_smtp(&mail("Token revogado às 12:31 – Aurora"), "250 ok\r\n").await;
        sent.expect("taken");
        assert_eq!(taken.recipients, ["RCPT TO:<joana@aurora.example>"]);
        // RFC 2047: what is not ASCII is encoded, and nothing of it stands there raw.
        let subject = taken.data.lines().find(|line| line.starts_with("Subject:")).expect("a subject");
        assert!(subject.contains("=?utf-8?b?") && subject.is_ascii(), "{subject}");
        assert!(taken.data.contains("the token was revoked at 12:31."), "{}", taken.data);
        assert!(taken.commands.iter().any(|line| line.starts_with("AUTH PLAIN")), "{:?}", taken.commands);
    }

    #[tokio::test]
    async fn what_the_mail_server_refuses_is_an_error_with_its_words() {
        for answer in ["550 no such person\r\n", "451 try later\r\n"] {
            let (sent, _) = over_smtp(&mail("x"), answer).await;
            assert!(sent.expect_err("refused").contains(&answer[..3]), "{answer}");
        }
    }

    #[tokio::test]
    async fn without_starttls_nothing_is_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().expect("bound").port(),
            tls: SmtpTls::StartTls,
            credentials: Some(("user".to_owned(), Secret::from_text("pass".to_owned()))),
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mailer = Mailer::new(&Mail { from: from(), way: MailWay::Smtp(smtp) }).expect("sound");
        let mail = mail("x");
        let (sent, taken) = tokio::join!(
            async {
                let (id, at) = sending(1);
                let sent = mailer.deliver(id, at, &mail).await;
                drop(mailer);
                sent
            },
            sink(listener, "250 ok\r\n")
        );
        sent.expect_err("no encryption on offer");
        assert!(
            taken.recipients.is_empty() && !taken.commands.iter().any(|line| line.starts_with("AUTH")),
            "{:?}",
            taken.commands
        );
    }
}
