"""Object stores on loopback: moto (S3) and Azurite (Azure). Each one starts, holds files, and is killed.

Both keep what they are given in memory or in a folder that goes when the test ends.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import azure.storage.blob
import boto3
import botocore.config

BUCKET = "mailtally"
PATIENCE = 60  # Seconds that a server may take to answer.


class Server:
    """A process on a free port of 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        with self.log.open("wb") as log:
            # A session of its own, so that killing it takes its children along.
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True)

    def wait(self):
        """Returns when the port answers; raises when it does not, or when the process has died."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log.read_text()[-500:]}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the server did not answer within {PATIENCE} s: {self.log.read_text()[-500:]}")

    def stop(self):
        """Kills it, whatever it is doing."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Moto(Server):
    """S3."""

    scheme = "s3"

    def command(self):
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def options(self):
        """What goes into `[storage]`."""
        return {"aws_endpoint": self.url, "aws_allow_http": "true", "aws_region": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

    def connect(self):
        """Makes the bucket."""
        config = botocore.config.Config(connect_timeout=10, read_timeout=30, retries={"max_attempts": 3})
        self.client = boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing", config=config)
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, key, data):
        self.client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def download(self, prefix, folder):
        """Copies everything below a prefix into a folder."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for entry in page.get("Contents", []):
                body = self.client.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                write(folder, entry["Key"], body)


class Azurite(Server):
    """Azure's blob storage."""

    scheme = "az"
    ACCOUNT = "devstoreaccount1"
    # Azurite's own key, printed in its manual: the same everywhere.
    KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self, folder, npm_folder):
        self.script = pathlib.Path(npm_folder) / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
        super().__init__(folder)

    def command(self):
        return ["node", str(self.script), "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(self.folder),
                "--silent", "--skipApiVersionCheck", "--disableTelemetry"]

    def options(self):
        return {"azure_storage_account_name": self.ACCOUNT, "azure_storage_account_key": self.KEY,
                "azure_storage_endpoint": f"{self.url}/{self.ACCOUNT}", "azure_allow_http": "true"}

    def connect(self):
        service = azure.storage.blob.BlobServiceClient(f"{self.url}/{self.ACCOUNT}", credential=self.KEY, connection_timeout=10, read_timeout=30)
        self.client = service.create_container(BUCKET)

    def put(self, key, data):
        self.client.upload_blob(key, data)

    def download(self, prefix, folder):
        for blob in self.client.list_blobs(name_starts_with=prefix):
            write(folder, blob.name, self.client.download_blob(blob.name).readall())


def write(folder, key, data):
    """One object as a file below a folder."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
