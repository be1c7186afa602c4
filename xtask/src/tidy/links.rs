//! Links between the files of the repository.

use super::finding::Finding;
use super::repository::File;

/// Refuses relative links that lead nowhere.
pub fn check(files: &[File]) -> Vec<Finding> {
    files.iter().filter(|file| file.is("md")).flat_map(|file| in_file(files, file)).collect()
}

fn in_file(files: &[File], file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        for target in targets(line).into_iter().filter(|target| !fenced && is_relative(target)) {
            if !leads_somewhere(files, &file.path, target) {
                findings.push(Finding::new(&file.path, at + 1, format!("{target} does not exist"), "mend the link"));
            }
        }
    }
    findings
}

/// What stands in `](…)` and after `[…]: `, outside of code.
fn targets(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    let inline = prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split([')', ' ']).next());
    let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
    // A label in backticks leaves its target at the start of the next part of the line.
    inline.chain(defined).filter(|target| !target.is_empty()).collect()
}

fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("mailto:") && !target.starts_with('#')
}

fn leads_somewhere(files: &[File], from: &str, target: &str) -> bool {
    let target = target.split('#').next().unwrap_or_default();
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            name => parts.push(name),
        }
    }
    let path = parts.join("/");
    let inside =
        |file: &File| file.path.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path.is_empty() || files.iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::super::repository::file;
    use super::*;

    fn broken(text: &str) -> Vec<String> {
        let files = [file("docs/a.md", text), file("docs/b.md", ""), file("README.md", "")];
        check(&files).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        for text in
            ["[b](b.md)", "[b](b.md#part)", "[r](../README.md)", "[d](../docs/)", "[w](https://x.org/y)", "[h](#h)"]
        {
            assert!(broken(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(broken("see [c](c.md) and [b](b.md)"), ["c.md does not exist"]);
        assert_eq!(broken("[`c`](c.md)"), ["c.md does not exist"]);
        assert_eq!(broken("![picture](img/p.svg)"), ["img/p.svg does not exist"]);
        assert_eq!(broken("[out](../../else.md)"), ["../../else.md does not exist"]);
        assert_eq!(broken("[c]: c.md"), ["c.md does not exist"]);
    }

    #[test]
    fn code_is_no_link() {
        assert!(broken("`a[0](c.md)`").is_empty());
        assert!(broken("```\n[c](c.md)\n```").is_empty());
    }
}
