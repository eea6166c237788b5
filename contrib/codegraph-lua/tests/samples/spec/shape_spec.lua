local shape = require("geo.shape")

function test_area()
  assert(shape.area(2, 3) == 12)
end
