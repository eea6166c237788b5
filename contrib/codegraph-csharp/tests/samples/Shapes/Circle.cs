namespace Geo.Shapes;

[Serializable]
public sealed class Circle : Shape
{
    private Point centre = new Point(1, 2);

    public Circle(int radius) : base(radius) { }

    public override double Area()
    {
        return Scale(2.0);
    }

    public static Circle Unit() => new Circle(1);
}
