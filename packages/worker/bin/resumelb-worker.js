#!/usr/bin/env node
import '../dist/cli/resumelb-worker.js'
