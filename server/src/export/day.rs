//! Days and times of day, in UTC.

/// A moment as a calendar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

const MS_OF_DAY: i64 = 86_400_000;

fn small(n: i64) -> u8 {
    u8::try_from(n).unwrap_or(0)
}

impl Moment {
    /// Of a time in milliseconds since 1970. By the algorithm that counts eras of 400 years from the first of March.
    pub fn of(ms: i64) -> Self {
        let (days, rest) = (ms.div_euclid(MS_OF_DAY), ms.rem_euclid(MS_OF_DAY) / 1000);
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: u16::try_from(year).unwrap_or(0),
            month: small(month),
            day: small(day),
            hour: small(rest / 3600),
            minute: small(rest / 60 % 60),
            second: small(rest % 60),
        }
    }

    /// `2026-01-31`
    pub fn date(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `13:05`
    pub fn time(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_days_and_times_are_those_of_a_calendar() {
        let show = |ms| format!("{} {}", Moment::of(ms).date(), Moment::of(ms).time());
        assert_eq!(show(0), "1970-01-01 00:00");
        assert_eq!(show(1_767_225_600_000), "2026-01-01 00:00");
        assert_eq!(show(951_782_399_000), "2000-02-28 23:59");
        assert_eq!(show(951_782_400_000), "2000-02-29 00:00");
        assert_eq!(show(951_868_800_000), "2000-03-01 00:00");
        assert_eq!(show(-1), "1969-12-31 23:59");
    }
}
