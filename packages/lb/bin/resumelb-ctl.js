#!/usr/bin/env node
import '../dist/cli/ctl/resumelb-ctl.js'
