namespace MlOps.Learning.Tests.Evaluation;

/// <summary>Labels and two models' scores with many ties, as in Fixtures/make_fixtures.py.</summary>
internal static class Scores
{
    public static (float[] Labels, float[] First, float[] Second) Make()
    {
        float[] labels = new float[1000];
        float[] first = new float[1000];
        float[] second = new float[1000];
        for (int row = 0; row < 1000; row++)
        {
            double label = Recipe.Unit(11, row) < 0.35 ? 1 : 0;
            double a = Math.Floor(64 * Math.Clamp((0.25 * label) + (0.75 * Recipe.Unit(12, row)), 0, 0.999)) / 64;
            double b = Math.Floor(256 * Math.Clamp((0.15 * label) + (0.5 * a) + (0.35 * Recipe.Unit(13, row)), 0, 0.999)) / 256;
            (labels[row], first[row], second[row]) = ((float)label, (float)a, (float)b);
        }

        return (labels, first, second);
    }
}
