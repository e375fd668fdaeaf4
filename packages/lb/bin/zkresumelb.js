#!/usr/bin/env node
import '../dist/cli/zkresumelb.js'
