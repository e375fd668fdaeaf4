#!/usr/bin/env node
import '../dist/cli/status/get-lb-status.js'
