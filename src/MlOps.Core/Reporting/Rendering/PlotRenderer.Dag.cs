namespace MlOps.Reporting.Rendering;

internal static partial class PlotRenderer
{
    // Layers by longest path, order within a layer by the mean place of the neighbours (Sugiyama et al., 1981).
    private static string DrawDag(DagPlot plot, double width, string variant)
    {
        var nodes = plot.Nodes.DistinctBy(node => node.Id).ToArray();
        var index = nodes.Select((node, i) => (node.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i, StringComparer.Ordinal);
        var edges = plot.Edges.Where(edge => edge.From != edge.To && index.ContainsKey(edge.From) && index.ContainsKey(edge.To))
            .Select(edge => (From: index[edge.From], To: index[edge.To])).Distinct().ToArray();
        var depth = Depths(nodes.Length, ref edges);
        var layers = Ordered(depth, edges);
        var across = Math.Max(1, layers.Length);
        var down = Math.Max(1, layers.Select(layer => layer.Length).DefaultIfEmpty(1).Max());

        // Wide pages read left to right while the boxes keep a readable width; narrow ones from top to bottom.
        var sideways = width / across >= 150;
        const double BoxHeight = 42;
        var columnWidth = sideways ? width / across : width / down;
        var boxWidth = Math.Min(columnWidth - (sideways ? 40 : 12), 190);
        var height = 12 + (sideways ? down * (BoxHeight + 18) : across * (BoxHeight + 34));
        var svg = new SvgWriter(width, height, plot.Title, variant);
        var centre = new (double X, double Y)[nodes.Length];
        for (var l = 0; l < layers.Length; l++)
        {
            for (var p = 0; p < layers[l].Length; p++)
            {
                var along = (l + 0.5) / across;
                var beside = (p + 0.5) / layers[l].Length;
                centre[layers[l][p]] = sideways ? (along * width, 6 + (beside * (height - 12))) : (beside * width, 6 + (along * (height - 12)));
            }
        }

        foreach (var (from, to) in edges)
        {
            var (a, b) = sideways
                ? ((X: centre[from].X + (boxWidth / 2), centre[from].Y), (X: centre[to].X - (boxWidth / 2) - 2, centre[to].Y))
                : ((centre[from].X, Y: centre[from].Y + (BoxHeight / 2)), (centre[to].X, Y: centre[to].Y - (BoxHeight / 2) - 2));
            var (middleX, middleY) = ((a.Item1 + b.Item1) / 2, (a.Item2 + b.Item2) / 2);
            var curve = sideways
                ? $"M{Point(a.Item1, a.Item2)}C{Point(middleX, a.Item2)} {Point(middleX, b.Item2)} {Point(b.Item1, b.Item2)}"
                : $"M{Point(a.Item1, a.Item2)}C{Point(a.Item1, middleY)} {Point(b.Item1, middleY)} {Point(b.Item1, b.Item2)}";
            svg.Path(curve, "edge", $"{nodes[from].Label} → {nodes[to].Label}");
            svg.Path(
                sideways
                    ? $"M{Point(b.Item1, b.Item2)}L{Point(b.Item1 - 7, b.Item2 - 4)}L{Point(b.Item1 - 7, b.Item2 + 4)}Z"
                    : $"M{Point(b.Item1, b.Item2)}L{Point(b.Item1 - 4, b.Item2 - 7)}L{Point(b.Item1 + 4, b.Item2 - 7)}Z",
                "arrow");
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            var (x, y) = centre[i];
            var left = x - (boxWidth / 2);
            var title = $"{nodes[i].Label}: {StateText(nodes[i].State)}{(nodes[i].Detail is { } detail ? ", " + detail : "")}";
            svg.Rect(left, y - (BoxHeight / 2), boxWidth, BoxHeight, "node", title, radius: 6);
            svg.Rect(left, y - (BoxHeight / 2), 6, BoxHeight, "area " + StateCss(nodes[i].State), title, radius: 3);
            svg.Text(left + 14, y + (nodes[i].Detail is null ? 4 : -3), Labels.Fit(nodes[i].Label, boxWidth - 18), "row strong", "start", title);
            if (nodes[i].Detail is { } text)
                svg.Text(left + 14, y + 13, Labels.Fit(text, boxWidth - 18), "tick");
        }

        if (nodes.Length == 0)
            svg.Text(8, 24, "no data", "tick");
        return svg.Finish();
    }

    private static int[] Depths(int count, ref (int From, int To)[] edges)
    {
        var depth = new int[count];
        var waiting = new int[count];
        foreach (var (_, to) in edges)
            waiting[to]++;
        var ready = new Queue<int>(Enumerable.Range(0, count).Where(i => waiting[i] == 0));
        var done = new bool[count];
        while (ready.TryDequeue(out var node))
        {
            done[node] = true;
            foreach (var (_, to) in edges.Where(edge => edge.From == node))
            {
                depth[to] = Math.Max(depth[to], depth[node] + 1);
                if (--waiting[to] == 0)
                    ready.Enqueue(to);
            }
        }

        // What is left lies on a circle or behind one.
        edges = Array.FindAll(edges, edge => done[edge.From] && done[edge.To]);
        return depth;
    }

    private static int[][] Ordered(int[] depth, (int From, int To)[] edges)
    {
        var layers = Enumerable.Range(0, depth.Length).GroupBy(i => depth[i]).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        var place = new double[depth.Length];
        Settle();
        for (var pass = 0; pass < 6; pass++)
        {
            var forward = pass % 2 == 0;
            foreach (var l in forward ? Enumerable.Range(0, layers.Length) : Enumerable.Range(0, layers.Length).Reverse())
            {
                layers[l] = [.. layers[l].OrderBy(node => edges
                    .Where(edge => (forward ? edge.To : edge.From) == node)
                    .Select(edge => place[forward ? edge.From : edge.To]).DefaultIfEmpty(place[node]).Average())];
                Settle();
            }
        }

        return layers;

        void Settle()
        {
            foreach (var layer in layers)
            {
                for (var p = 0; p < layer.Length; p++)
                    place[layer[p]] = (p + 0.5) / layer.Length;
            }
        }
    }
}
