"""Loaded before everything else (`-p tests.home`): a home of its own for every test process, gone at its end.

Django reads the node's settings before any conftest is imported, so they have to be said here.
"""

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="renkei-test-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ["RENKEI_HOME"] = HOME
os.environ["RENKEI_INSIDE_PEERS"] = "yes"
os.environ["DJANGO_SETTINGS_MODULE"] = "renkei.config.settings"
