//! `conntext config`.

use clap::Subcommand;

use super::Failure;
use crate::config::Config;

/// A configuration file with every setting, its meaning and its default.
pub(super) const EXAMPLE: &str = include_str!("../config/example.toml");

#[derive(Subcommand)]
pub(super) enum Command {
    /// Shows the configuration in effect: defaults, file and environment together.
    Show,
    /// Says whether the configuration can be used.
    Check,
    /// Prints a configuration file with every setting explained.
    Example,
}

pub(super) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    match command {
        Command::Show => print!("{}", toml::to_string_pretty(config)?),
        // It was read and checked before the command began.
        Command::Check => println!("The configuration is fine: {} at {}.", config.instance.domain, config.public_url()),
        Command::Example => print!("{EXAMPLE}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
        for (name, value) in table {
            match value {
                toml::Value::Table(inner) => keys(&format!("{prefix}{name}."), inner, found),
                _ => found.push(format!("{prefix}{name}")),
            }
        }
    }

    #[test]
    fn k1_the_example_names_every_setting_with_its_default() {
        // Settings that are off by default stand in it as comments: `# key = value`.
        let on: String = EXAMPLE.lines().map(|l| format!("{}\n", l.strip_prefix("#: ").unwrap_or(l))).collect();
        let full: toml::Table = toml::from_str(&on).unwrap();
        let read: Config = toml::from_str(&on).unwrap();
        let mut named = Vec::new();
        keys("", &full, &mut named);
        let mut all = Vec::new();
        keys("", &toml::Table::try_from(&read).unwrap(), &mut all);
        named.sort();
        all.sort();
        assert_eq!(named, all);

        let example: Config = toml::from_str(EXAMPLE).unwrap();
        let default = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(toml::Table::try_from(example).unwrap(), default);
    }
}
