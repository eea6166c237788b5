class CircleTest < Minitest::Test
  def test_area
    circle = Circle.new("c")
    assert circle.area
  end
end
