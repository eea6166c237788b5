-- Shapes: every construct that the kind table names.
local json = require("json")
local point = require "geo.point"
local floor, format = math.floor, string.format

local M = {}
M.VERSION = "1.0"
local MAX_SIZE <const> = 10
local forward
counter = 0

--- Area of a rectangle.
-- @param w width
function M.area(w, h, ...)
  if w and h or MAX_SIZE then
    return M.scale(w * h)
  elseif h then
    return select("#", ...)
  end
  for i = 1, 10 do print(i) end
  for key, value in pairs(h) do json.encode(key, value) end
  while not w do break end
  repeat local done = floor(1.5) until done
end

function M.scale(n) return n * 2 end

-- Describes itself.
function M:describe(label)
  self.label = label
  self:refresh("s")
  return function(unused) return format("%s", label) end
end

local function helper(a) return a end
local callback = function(x) return helper(x) end
M.apply = function(f) return f(callback) end
forward = function() return helper(1) end
local options = { a = 1, go = function() return 2 end, [3] = 4, "x", ["key"] = forward }

function global_function()
  forward()
  point.new { x = 1, y = 2 }
  options.go()
end

do
  local hidden = 1
  goto continue
  ::continue::
  (helper)(hidden)
end

return M
