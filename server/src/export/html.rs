//! The pages that a person reads without any program: plain HTML with its style inside, no scripts, everything escaped.

use std::collections::HashSet;
use std::fmt::Write as _;

use conntext_federation::content::Attachment;
use conntext_federation::ids::Actor;

use super::account::Picture;
use super::build::Making;
use super::community::names;
use super::day::Moment;
use super::mine_store::{self as mine, Mine};
use super::pack::How;
use super::plan::{Channel, Community, Plan};
use crate::App;
use crate::accounts::Account;
use crate::error::Result;
use crate::media::{blobs, kind};

const STYLE: &str = include_str!("assets/style.css");

/// Text as text, between tags and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Nobody sees them, and they may turn what follows around.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

/// The address of a file of the archive.
fn href(up: &str, file: &str) -> String {
    let mut out = up.to_owned();
    for b in file.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~/()".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

fn head(title: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; object-src 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
}

const FOOT: &str = "</main>\n</body>\n</html>\n";

fn bytes(n: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit behind the point")]
    let of = |unit: u64| n as f64 / unit as f64;
    match n {
        0..1_024 => format!("{n} bytes"),
        1_024..1_048_576 => format!("{:.0} KiB", of(1_024)),
        _ => format!("{:.1} MiB", of(1_048_576)),
    }
}

fn many(n: u64, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}

fn incomplete() -> &'static str {
    "<p class=\"card note\">This instance does not hold the whole history of this community, so older messages of yours may \
     be missing here. The community's own instance has them all.</p>\n"
}

/// `communities/<sid>.html`, message by message.
///
/// # Errors
/// The database's, and when it cannot be written.
pub(super) async fn community(
    app: &App,
    m: &mut Making,
    c: &Community,
    me: &Actor,
    written: &HashSet<String>,
    count: u64,
) -> Result<()> {
    m.pack.begin(&format!("communities/{}.html", c.sid), c.may_be_large()).await.map_err(blobs::disk)?;
    let name = if c.name.is_empty() { &c.sid } else { &c.name };
    let mut text = head(name);
    text.push_str("<p><a href=\"../index.html\">All your data</a></p>\n");
    let _ = write!(text, "<h1>{}</h1>\n<p class=\"quiet\">{}", escape(name), escape(&c.domain));
    let _ = write!(text, " · {}", many(count, "message of yours", "messages of yours"));
    text.push_str(" · times are UTC</p>\n");
    if !c.member {
        text.push_str("<p class=\"card note\">You are no longer a member of this community.</p>\n");
    }
    if !c.is_whole() {
        text.push_str(incomplete());
    }
    if count == 0 {
        text.push_str("<p>You have not written anything here, or it was deleted.</p>\n");
    }
    m.pack.text(&text).await.map_err(blobs::disk)?;
    for channel in &c.channels {
        let (mut named, mut day) = (false, String::new());
        let mut after = channel.first.saturating_sub(1);
        while after < channel.last {
            let mut read = app.db.read().await?;
            let page = mine::messages(&mut read, c.log.id, &channel.id, me.as_str(), after).await?;
            drop(read);
            for message in &page {
                let mut text = String::new();
                if !std::mem::replace(&mut named, true) {
                    text.push_str(&heading(channel));
                }
                let today = Moment::of(message.ts).date();
                if today != day {
                    let _ = writeln!(text, "<h3>{today}</h3>");
                    day = today;
                }
                text.push_str(&article(message, &names(message, written)));
                m.pack.text(&text).await.map_err(blobs::disk)?;
            }
            m.step(mine::STEP.min(channel.last - after)).await?;
            after = after.saturating_add(mine::STEP);
        }
    }
    m.pack.text(FOOT).await.map_err(blobs::disk)
}

fn heading(channel: &Channel) -> String {
    match &channel.name {
        Some(name) => format!("<h2># {}</h2>\n", escape(name)),
        None => "<h2>A channel that you cannot see any more</h2>\n".into(),
    }
}

fn article(message: &Mine, files: &[Option<String>]) -> String {
    let at = Moment::of(message.ts);
    let mut out = format!("<article id=\"{}\">\n<time>{}</time>", message.aid, at.time());
    if message.edited_at.is_some() {
        out.push_str(" <span class=\"quiet\">edited</span>");
    }
    if message.reply_to.is_some() {
        // Mostly somebody else's, which is not here.
        out.push_str(" <span class=\"quiet\">in answer to a message</span>");
    }
    if !message.content.body.is_empty() {
        let _ = write!(out, "\n<div class=\"text\">{}</div>", escape(&message.content.body));
    }
    for (file, name) in message.content.attachments.iter().zip(files) {
        out.push_str(&figure(file, name.as_deref()));
    }
    out.push_str("\n</article>\n");
    out
}

fn figure(file: &Attachment, name: Option<&str>) -> String {
    let (title, size) = (escape(&file.name), bytes(file.size));
    let Some(name) = name else {
        return format!(
            "\n<figure><figcaption>{title} ({size}), which this instance does not hold</figcaption></figure>"
        );
    };
    let (address, alt) = (escape(&href("../", name)), escape(&file.alt));
    let shown = if kind::is_picture(&file.media_type) {
        format!("<a href=\"{address}\"><img src=\"{address}\" alt=\"{alt}\" loading=\"lazy\"></a>")
    } else if file.media_type.starts_with("video/") && kind::is_shown(&file.media_type) {
        format!("<video src=\"{address}\" controls preload=\"none\"></video>")
    } else if file.media_type.starts_with("audio/") && kind::is_shown(&file.media_type) {
        format!("<audio src=\"{address}\" controls preload=\"none\"></audio>")
    } else {
        String::new()
    };
    let said = if alt.is_empty() { String::new() } else { format!(" · {alt}") };
    format!("\n<figure>{shown}<figcaption><a href=\"{address}\">{title}</a> ({size}){said}</figcaption></figure>")
}

/// What the first page shows of the person.
pub(super) struct Owner<'a> {
    pub account: &'a Account,
    pub domain: &'a str,
    pub display_name: &'a str,
    pub pronouns: &'a str,
    pub bio: &'a str,
    pub picture: Option<&'a Picture>,
    pub banner: Option<&'a Picture>,
    pub now: i64,
}

/// `index.html`; `counts` are the person's messages in each community of the plan.
///
/// # Errors
/// When it cannot be written.
pub(super) async fn index(m: &mut Making, me: &Owner<'_>, plan: &Plan, counts: &[u64]) -> Result<()> {
    let mut out = head(&format!("{}: data of ConnText", me.display_name));
    if let Some(banner) = me.banner {
        let _ = write!(out, "<img class=\"banner\" src=\"{}\" alt=\"\">", escape(&href("", &banner.file)));
    }
    out.push_str("<div class=\"person\">");
    if let Some(picture) = me.picture {
        let _ = write!(out, "<img src=\"{}\" alt=\"\">", escape(&href("", &picture.file)));
    }
    let _ = write!(out, "<div><h1>{}</h1>\n<p class=\"quiet\">", escape(me.display_name));
    let _ = write!(out, "@{}:{}", escape(&me.account.handle), escape(me.domain));
    if !me.pronouns.is_empty() {
        let _ = write!(out, " · {}", escape(me.pronouns));
    }
    out.push_str("</p></div></div>\n");
    if !me.bio.is_empty() {
        let _ = writeln!(out, "<p class=\"text\">{}</p>", escape(me.bio));
    }
    let (made, since) = (Moment::of(me.now), Moment::of(me.account.created_at));
    let _ = write!(
        out,
        "<dl class=\"card\"><dt>This archive</dt><dd>{} {} UTC</dd><dt>Account made</dt><dd>{}</dd>\
         <dt>Your id everywhere</dt><dd>{}</dd></dl>\n<h2>Communities</h2>\n",
        made.date(),
        made.time(),
        since.date(),
        escape(&me.account.uid)
    );
    if plan.communities.is_empty() {
        out.push_str("<p>You are in no community.</p>\n");
    }
    out.push_str("<ul class=\"plain\">\n");
    for (c, count) in plan.communities.iter().zip(counts) {
        let name = if c.name.is_empty() { &c.sid } else { &c.name };
        let page = escape(&href("", &format!("communities/{}.html", c.sid)));
        let _ = write!(out, "<li class=\"card\"><a href=\"{page}\">{}</a>", escape(name));
        let _ = write!(out, "<br><span class=\"quiet\">{}", escape(&c.domain));
        let _ = write!(out, " · {}", many(*count, "message of yours", "messages of yours"));
        if let Some(at) = c.joined_at {
            let _ = write!(out, " · joined {}", Moment::of(at).date());
        }
        if !c.member {
            out.push_str(" · left");
        }
        if !c.is_whole() {
            out.push_str(" · older history is not held here");
        }
        out.push_str("</span></li>\n");
    }
    out.push_str(
        "</ul>\n<h2>Files for programs</h2>\n<ul>\n<li><a href=\"account.json\">account.json</a>: account, profile, \
         settings, devices, read marks</li>\n<li><a href=\"identity.json\">identity.json</a>: the signed chain of your \
         identity</li>\n<li><a href=\"schema.json\">schema.json</a>: what stands in these files</li>\n\
         <li><a href=\"README.txt\">README.txt</a>: about this archive</li>\n</ul>\n",
    );
    out.push_str(FOOT);
    m.pack.entry("index.html", How::Deflated, &out).await.map_err(blobs::disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_nothing_that_somebody_wrote_becomes_markup() {
        assert_eq!(
            escape("<img src=x onerror='a(\"&\")'>\u{0}\n"),
            "&lt;img src=x onerror=&#39;a(&quot;&amp;&quot;)&#39;&gt;\n"
        );
        assert_eq!(href("../", "media/m_1-a b\"é.png"), "../media/m_1-a%20b%22%C3%A9.png");
    }

    #[test]
    fn a7_sizes_are_told_in_words() {
        assert_eq!([bytes(3), bytes(2048), bytes(5 << 20)], ["3 bytes", "2 KiB", "5.0 MiB"]);
    }
}
