namespace MlOps.Learning;

/// <summary>Solves symmetric positive definite systems.</summary>
internal static class Cholesky
{
    /// <summary>Solves in place; the matrix's row-major lower triangle is overwritten by its factor.</summary>
    public static void Solve(double[] matrix, double[] vector)
    {
        int n = vector.Length;
        double largest = 0;
        for (int i = 0; i < n; i++)
            largest = Math.Max(largest, matrix[(i * n) + i]);

        for (int j = 0; j < n; j++)
        {
            Span<double> rowJ = matrix.AsSpan(j * n, n);
            double pivot = rowJ[j];
            for (int k = 0; k < j; k++)
                pivot -= rowJ[k] * rowJ[k];

            // A column that depends on others (possible without a penalty) has no pivot left; a large one leaves its coefficient alone.
            double root = pivot > 1e-13 * largest ? Math.Sqrt(pivot) : Math.Sqrt(Math.Max(largest, 1e-300)) * 1e6;
            rowJ[j] = root;
            for (int i = j + 1; i < n; i++)
            {
                Span<double> rowI = matrix.AsSpan(i * n, n);
                double sum = rowI[j];
                for (int k = 0; k < j; k++)
                    sum -= rowI[k] * rowJ[k];
                rowI[j] = sum / root;
            }
        }

        for (int i = 0; i < n; i++)
        {
            double sum = vector[i];
            for (int k = 0; k < i; k++)
                sum -= matrix[(i * n) + k] * vector[k];
            vector[i] = sum / matrix[(i * n) + i];
        }

        for (int i = n - 1; i >= 0; i--)
        {
            double sum = vector[i];
            for (int k = i + 1; k < n; k++)
                sum -= matrix[(k * n) + i] * vector[k];
            vector[i] = sum / matrix[(i * n) + i];
        }
    }
}
