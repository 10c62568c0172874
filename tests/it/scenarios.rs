//! Same data, other shape, same answer; and what the program says and ends with where the data is not right.
//!
//! Each scenario lays out logs in a folder, runs the real program over them, night after night where that is the
//! point, and reads the lake back. What must be the same are the rows: submissions, refusals, daily tables and
//! published files. How the files were called and cut, and so the ledger's own columns, may differ.

mod answer;
mod place;
mod raw;

mod copies;
mod crashes;
mod detailed;
mod ends;
mod exit_codes;
mod explain;
mod face;
mod imports;
mod ledger;
mod nights;
mod old_files;
mod published;
mod secrets;
mod shapes;
mod told;
mod unusual;
mod years;
