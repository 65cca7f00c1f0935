//! What the weekly loop has learned.

use super::ClipStore;
use super::rows::micros;
use crate::clips::{Feedback, Outcomes, Refit};
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

impl ClipStore {
    /// The state of the weekly loop of this name.
    pub fn feedback(&self, name: &str) -> Result<Option<Feedback>> {
        self.db.read(|tx| load(tx, name))?.map(|text| read(name, &text)).transpose()
    }

    /// Keeps a state in place of the one of this name.
    pub fn put_feedback(&self, name: &str, feedback: &Feedback) -> Result<()> {
        let text = written(feedback)?;
        self.db.write(|tx| save(tx, name, &text))
    }

    /// One step of the weekly loop (see [`Feedback::learn`]) on the state of this name, which begins with the prior where there is
    /// none: read, learned and kept in one, whatever other processes do. A week that was learned already is not learned again; its
    /// entry of the log comes back.
    pub fn learn(
        &self,
        name: &str,
        week: &str,
        lists: &[Outcomes],
        prior: [f64; 5],
    ) -> Result<(Refit, Feedback)> {
        self.db.write(|tx| {
            let step = load(tx, name).map(|text| {
                let mut feedback = match text {
                    Some(text) => read(name, &text)?,
                    None => Feedback::new(prior)?,
                };
                if let Some(refit) = feedback.log().iter().find(|refit| refit.week == week).cloned() {
                    return Ok((refit, feedback, None));
                }
                let refit = feedback.learn(week, lists)?;
                let text = written(&feedback)?;
                Ok((refit, feedback, Some(text)))
            })?;
            match step {
                Ok((refit, feedback, text)) => {
                    text.map_or(Ok(()), |text| save(tx, name, &text))?;
                    Ok(Ok((refit, feedback)))
                }
                // Nothing has been written.
                Err(error) => Ok(Err(error)),
            }
        })?
    }
}

fn load(tx: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<String>> {
    tx.prepare_cached("SELECT state FROM feedback WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

fn save(tx: &Transaction<'_>, name: &str, state: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO feedback (name, state, updated_at) VALUES (?1, ?2, ?3)")?
        .execute(params![name, state, micros(Timestamp::now())])
        .map(drop)
}

fn read(name: &str, text: &str) -> Result<Feedback> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(ErrorKind::Storage, "the state of the weekly loop cannot be read")
            .with("name", name)
            .caused_by(error)
    })
}

fn written(feedback: &Feedback) -> Result<String> {
    serde_json::to_string(feedback)
        .map_err(|error| Error::new(ErrorKind::InvalidInput, "the state cannot be written").caused_by(error))
}
