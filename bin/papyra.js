#!/usr/bin/env node
'use strict';
require('./load.js').load(require.resolve('../dist/main.js')).main();
