return { shape = require("geo.shape"), point = require("geo.point") }
