namespace MlOps.Build;

/// <summary>The commands of <c>build.cs</c>.</summary>
public static class Commands
{
    private const string Usage = """
        dotnet run build.cs <command>

          setup [--gpu] [--models] [--force]
                                    fetch and compile what the build needs (does nothing when all is there);
                                    --models adds the real ONNX models that some tests run (50 MB)
          demo [arguments]          set up, then run samples/FlightDelay
          test [--filter EXPR] [--only NAME] [--jobs N]
                                    set up, build, run every test project; ends with "N passed, N failed, N skipped"
          pack [--output FOLDER]    set up, then pack every package
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        using var cancellation = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            cancellation.Cancel();
        };

        try
        {
            var repository = Repository.Find();
            string[] rest = args.Length > 0 ? args[1..] : [];
            return args.FirstOrDefault() switch
            {
                "setup" => await SetupAsync(repository, rest, cancellation.Token),
                "demo" => await DemoAsync(repository, rest, cancellation.Token),
                "test" => await TestAsync(repository, rest, cancellation.Token),
                "pack" => await PackAsync(repository, rest, cancellation.Token),
                "help" or "--help" or "-h" => ShowUsage(0),
                _ => ShowUsage(2),
            };
        }
        catch (BuildException e)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("cancelled");
            return 130;
        }
    }

    private static async Task<int> SetupAsync(Repository repository, string[] args, CancellationToken cancellationToken)
    {
        var options = new Options(args, flags: ["--gpu", "--models", "--force"], values: []);
        await new Setup(repository).RunAsync(options.Has("--gpu"), options.Has("--force"), cancellationToken, options.Has("--models"));
        Console.WriteLine($"Set up in {repository.Deps}");
        return 0;
    }

    private static async Task<int> DemoAsync(Repository repository, string[] args, CancellationToken cancellationToken)
    {
        await new Setup(repository).RunAsync(gpu: false, force: false, cancellationToken);
        string[] passed = args is ["--", .. var tail] ? tail : args;
        return await Tool.AttachedAsync(
            "dotnet",
            ["run", "-c", "Release", "--project", repository.PathOf("samples/FlightDelay"), "--", .. passed],
            Directory.GetCurrentDirectory(),
            cancellationToken);
    }

    private static async Task<int> TestAsync(Repository repository, string[] args, CancellationToken cancellationToken)
    {
        var options = new Options(args, flags: [], values: ["--filter", "--only", "--jobs"]);
        await new Setup(repository).RunAsync(gpu: false, force: false, cancellationToken);
        int jobs = options.Value("--jobs") is { } text
            ? int.TryParse(text, out int number) && number > 0 ? number : throw new BuildException($"--jobs takes a positive number, not '{text}'.")
            : Math.Clamp(Environment.ProcessorCount, 1, 2);
        return await new TestRun(repository, options.Value("--filter"), options.Value("--only"), jobs).RunAsync(cancellationToken);
    }

    private static async Task<int> PackAsync(Repository repository, string[] args, CancellationToken cancellationToken)
    {
        var options = new Options(args, flags: [], values: ["--output"]);
        await new Setup(repository).RunAsync(gpu: false, force: false, cancellationToken);
        string output = Path.GetFullPath(options.Value("--output") ?? repository.PathOf("artifacts/packages"));
        string[][] steps =
        [
            ["build", repository.PathOf("MlOps.Sdk.sln"), "-c", "Release", "-v", "quiet", "--nologo"],
            ["msbuild", repository.PathOf("eng/Pack.proj"), "-v:quiet", "-nologo", "-p:Configuration=Release", $"-p:PackageOutputPath={output}"],
        ];
        foreach (string[] step in steps)
        {
            int code = await Tool.AttachedAsync("dotnet", step, repository.Root, cancellationToken);
            if (code != 0)
                throw new BuildException($"dotnet {step[0]} {Path.GetFileName(step[1])} failed with exit code {code}.");
        }

        Console.WriteLine($"Packed to {output}");
        return 0;
    }

    private static int ShowUsage(int code)
    {
        (code == 0 ? Console.Out : Console.Error).WriteLine(Usage);
        return code;
    }
}
