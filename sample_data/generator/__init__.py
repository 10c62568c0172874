"""The parts of `generate.py`: who sends (world), how Postfix logs it (server), when (days), to which files (files)."""
