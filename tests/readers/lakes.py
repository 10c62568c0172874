"""Three readers of Delta tables behind one face: types of a table, rows of a table.

Rows are tuples of plain Python values; a time is an integer of microseconds since 1970 (UTC) and a
date is text, so that rows of different readers can be compared.
"""
import pathlib

import deltalake
import duckdb
import duckdb_extension_delta
import polars
import pyarrow


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


class DuckDB:
    """SQL over `delta_scan`, with the extension that came as a Python package."""

    TYPES = {"DATE": "date", "TIMESTAMP WITH TIME ZONE": "time", "BIGINT": "int", "DOUBLE": "double", "BOOLEAN": "bool", "VARCHAR": "text"}

    def __init__(self, lake):
        self.lake = lake
        self.connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        folder = pathlib.Path(duckdb_extension_delta.__file__).parent / "extensions" / f"v{duckdb.__version__}"
        self.connection.execute(f"LOAD '{folder / 'delta.duckdb_extension'}'")

    def _scan(self, table):
        return f"delta_scan('{self.lake / table}')"

    def types(self, table):
        described = self.connection.execute(f"DESCRIBE SELECT * FROM {self._scan(table)}").fetchall()
        return [(name, self.TYPES.get(kind, kind)) for name, kind, *_ in described]

    def rows(self, table, names):
        kinds = dict(self.types(table))
        wanted = ", ".join(f"epoch_us({name})" if kinds[name] == "time" else name for name in names)
        return [tuple(map(_plain, row)) for row in self.connection.execute(f"SELECT {wanted} FROM {self._scan(table)}").fetchall()]


class Polars:
    """`pl.read_delta`."""

    TYPES = {"Date": "date", "Datetime(time_unit='us', time_zone='UTC')": "time", "Int64": "int", "Float64": "double", "Boolean": "bool", "String": "text"}

    def __init__(self, lake):
        self.lake = lake

    def types(self, table):
        schema = polars.scan_delta(str(self.lake / table)).collect_schema()
        return [(name, self.TYPES.get(str(kind), str(kind))) for name, kind in schema.items()]

    def rows(self, table, names):
        frame = polars.read_delta(str(self.lake / table)).select(names)
        times = [name for name, kind in frame.schema.items() if isinstance(kind, polars.Datetime)]
        return [tuple(map(_plain, row)) for row in frame.with_columns(polars.col(times).dt.epoch("us")).rows()]


class DeltaLake:
    """delta-rs from Python, through Arrow. Its schema is what the table's log says."""

    TYPES = {"date": "date", "timestamp": "time", "long": "int", "double": "double", "boolean": "bool", "string": "text"}

    def __init__(self, lake):
        self.lake = lake

    def table(self, name):
        """The table itself, for its version and protocol."""
        return deltalake.DeltaTable(str(self.lake / name))

    def types(self, table):
        return [(field.name, self.TYPES.get(getattr(field.type, "type", None), str(field.type))) for field in self.table(table).schema().fields]

    def rows(self, table, names):
        arrow = self.table(table).to_pyarrow_table(columns=names)
        columns = [c.cast(pyarrow.timestamp("us", "UTC")).cast(pyarrow.int64()) if pyarrow.types.is_timestamp(c.type) else c for c in arrow.columns]
        return [tuple(map(_plain, row)) for row in zip(*(column.to_pylist() for column in columns))]
