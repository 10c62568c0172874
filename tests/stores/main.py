"""Runs the demo on local disk, then with everything in each store, and compares rows."""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from checks import Checks, require
from contents import datasets, tables
from servers import BUCKET, Azurite, Moto

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    binary, npm_folder, *stores = sys.argv[1:]
    # Asked to stop, it leaves through the `finally` below, so that no server stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="mailtally-stores-") as folder:
        root = pathlib.Path(folder)
        local = checks.check("the demo runs on local disk", _local, binary, root / "local")
        for name in stores:
            place = root / name
            place.mkdir()
            server = None
            try:
                server = checks.check(f"{name}: the server starts", _start, name, place, npm_folder)
                if server:
                    _check_store(checks, name, server, binary, place, local)
            finally:
                if server:
                    server.stop()
    return checks.finish()


def _local(binary, place):
    """(tables, datasets) of the demo on disk."""
    shutil.copytree(ROOT / "sample_data" / "demo", place / "sample_data" / "demo")
    shutil.copytree(ROOT / "pipelines", place / "pipelines")
    _run([binary, "run", "pipelines/demo.toml", "--lake", str(place / "lake"), "--publish", str(place / "published")], place)
    return _contents(place)


def _contents(place):
    found = tables(place / "lake"), datasets(place / "published")
    require(all(found), f"nothing in {place}/lake or {place}/published")
    return found


def _start(name, place, npm_folder):
    server = Moto(place) if name == "s3" else Azurite(place, npm_folder)
    try:
        server.wait()
        server.connect()
        for path in sorted((ROOT / "sample_data" / "demo").rglob("*")):
            if path.is_file():
                server.put(f"sample_data/{path.relative_to(ROOT / 'sample_data')}", path.read_bytes())
    except BaseException:
        server.stop()
        raise
    return server


def _check_store(checks, name, server, binary, place, local):
    pipeline = place / "demo.toml"
    pipeline.write_text(_pipeline(server))
    command = [binary, "run", str(pipeline)]
    checks.check(f"{name}: the demo runs", _run, command, place)
    remote = checks.check(f"{name}: the lake and the datasets are in the bucket", _fetch, server, place)
    lake, published = remote or ({}, {})
    local_lake, local_published = local or ({}, {})
    for table in sorted({*lake, *local_lake}) or ["submissions"]:
        checks.check(f"{name}: table {table} is that of the local run", _same, lake, local_lake, table)
    for dataset in sorted({*published, *local_published}) or ["summary"]:
        checks.check(f"{name}: published {dataset} is that of the local run", _same, published, local_published, dataset)
    checks.check(f"{name}: the second run has nothing to do", _again, command, place, server, remote)


def _pipeline(server):
    """The demo with URLs for paths, and the store's options."""
    text = (ROOT / "pipelines" / "demo.toml").read_text()
    bucket = f"{server.scheme}://{BUCKET}"
    for path, url in (("../sample_data/", f"{bucket}/sample_data/"), ("../target/demo/lake", f"{bucket}/lake"), ("../target/demo/published", f"{bucket}/published")):
        require(f'"{path}' in text, f"the demo does not name {path}")
        text = text.replace(f'"{path}', f'"{url}')
    return text + "\n[storage]\n" + "".join(f'{key} = "{value}"\n' for key, value in server.options().items())


def _fetch(server, place):
    copy = place / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for prefix in ("lake/", "published/"):
        server.download(prefix, copy)
    return _contents(copy)


def _same(remote, local, name):
    require(name in remote, "it is not in the bucket")
    require(name in local, "the local run has none")
    (columns, rows), (local_columns, local_rows) = remote[name], local[name]
    require(columns == local_columns, f"columns {columns} instead of {local_columns}")
    wrong = [pair for pair in zip(rows, local_rows) if pair[0] != pair[1]]
    require(len(rows) == len(local_rows) and not wrong, f"{len(rows)} rows, locally {len(local_rows)}; first difference {wrong[:1]}")


def _again(command, place, server, before):
    said = _run(command, place)
    require("nothing to do" in said.lower(), f"it says {said[-300:]}")
    require(before is not None and _fetch(server, place) == before, "rows have changed")


def _run(command, place):
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=600)
    require(done.returncode == 0, f"exit code {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
