using Geo.Shapes;

namespace Geo.App
{
    public static class Program
    {
        public static void Main(string[] args)
        {
            Circle circle = Circle.Unit();
            circle.Area();
            Shape other = new Circle(3);
            other.Scale(1.5);
            Print(circle);
        }

        static void Print(Shape shape) { shape.Area(); }
    }
}

namespace Geo.App.Extra
{
    class More { void Go() { Again(); } void Again() { } }
}
