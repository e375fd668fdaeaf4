#!/usr/bin/env node
import '../dist/tree/cli.js'
