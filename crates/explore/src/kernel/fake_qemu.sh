#!/bin/sh
# Takes the place of QEMU in tests, under a name in a folder of its own: does what the script beside that says.
. "$(dirname "$0")/script"
