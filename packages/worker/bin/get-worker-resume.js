#!/usr/bin/env node
import '../dist/cli/get-worker-resume.js'
