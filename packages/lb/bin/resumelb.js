#!/usr/bin/env node
import '../dist/cli/resumelb.js'
