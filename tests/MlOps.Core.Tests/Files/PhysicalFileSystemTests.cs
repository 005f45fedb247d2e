using MlOps.Files;
using MlOps.Testing;

namespace MlOps.Core.Tests.Files;

public sealed class PhysicalFileSystemTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PhysicalFileSystem _files = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void File_WrittenTruncatedAndReopened_HoldsTheBytes()
    {
        var path = _directory["f"];
        using (var file = _files.CreateNew(path))
        {
            file.Write("hello"u8);
            file.Write(" world"u8);
            file.Flush();
            file.Length.Should().Be(11);
        }

        using (var file = _files.OpenAppend(path))
        {
            file.Length.Should().Be(11);
            file.Truncate(5);
            file.Write("!"u8);
            file.Flush();
        }

        File.ReadAllText(path).Should().Be("hello!");
        _files.FileLength(path).Should().Be(6);
        using var stream = _files.OpenRead(path);
        stream.CanSeek.Should().BeTrue();
    }

    [Fact]
    public void CreateNew_OfATakenName_IsRefusedWithThePath()
    {
        File.WriteAllText(_directory["f"], "");
        _files.Invoking(f => f.CreateNew(_directory["f"])).Should().Throw<StorageException>().WithMessage($"*create '{_directory["f"]}'*");
    }

    [Fact]
    public void Publish_OfAFreeName_MovesAndOfATakenOne_KeepsWhatIsThere()
    {
        File.WriteAllText(_directory["t1"], "first");
        File.WriteAllText(_directory["t2"], "second");
        _files.Publish(_directory["t1"], _directory["final"]).Should().BeTrue();
        _files.Publish(_directory["t2"], _directory["final"]).Should().BeFalse();
        File.ReadAllText(_directory["final"]).Should().Be("first");
        _files.ListFiles(_directory.Path).Should().Equal(_directory["final"]);
    }

    [Fact]
    public void Publish_RacedByThreads_HasExactlyOneWinnerWhoseBytesStay()
    {
        for (var round = 0; round < 200; round++)
        {
            var final = _directory["final" + round];
            var won = new bool[4];
            for (var t = 0; t < won.Length; t++)
                File.WriteAllText(_directory[$"t{t}"], "by " + t);
            using var gate = new Barrier(won.Length);
            Parallel.For(0, won.Length, new ParallelOptions { MaxDegreeOfParallelism = won.Length }, t =>
            {
                gate.SignalAndWait(TimeSpan.FromMilliseconds(2));
                won[t] = _files.Publish(_directory[$"t{t}"], final);
            });
            won.Count(w => w).Should().Be(1);
            File.ReadAllText(final).Should().Be("by " + Array.IndexOf(won, true));
        }
    }

    [Fact]
    public void Publish_OfAMissingFile_NamesBothPaths() =>
        _files.Invoking(f => f.Publish(_directory["no"], _directory["final"])).Should().Throw<StorageException>()
            .WithMessage($"*{_directory["no"]}*{_directory["final"]}*");

    [Fact]
    public void Replace_IsAtomicOverAnExistingName()
    {
        File.WriteAllText(_directory["t"], "new");
        File.WriteAllText(_directory["f"], "old");
        _files.Replace(_directory["t"], _directory["f"]);
        File.ReadAllText(_directory["f"]).Should().Be("new");
        _files.FileExists(_directory["t"]).Should().BeFalse();
        _files.FlushDirectory(_directory.Path);
    }

    [Fact]
    public void Directories_AreMadeWithParentsAndListedInOrder()
    {
        _files.CreateDirectory(_directory["a/b/c"]);
        _files.CreateDirectory(_directory["a/b/c"]);
        File.WriteAllText(_directory["a/z"], "");
        File.WriteAllText(_directory["a/b/c/x"], "");
        _files.ListFiles(_directory["a"]).Should().Equal(_directory["a/z"]);
        _files.ListFiles(_directory["a"], recursive: true).Should().Equal(_directory["a/b/c/x"], _directory["a/z"]);
        _files.ListFiles(_directory["none"]).Should().BeEmpty();
        _files.Delete(_directory["a/none"]);
        _files.Delete(_directory["none/none"]);
        _files.Invoking(f => f.FlushDirectory(_directory["none"])).Should().Throw<StorageException>().WithMessage("*none*");
    }

    [Fact]
    public void OpenRead_OfAMissingFile_IsFileNotFound()
    {
        _files.Invoking(f => f.OpenRead(_directory["none"])).Should().Throw<FileNotFoundException>();
        _files.Invoking(f => f.OpenRead(_directory["none/none"])).Should().Throw<FileNotFoundException>();
        _files.Invoking(f => f.LastWriteTime(_directory["none"])).Should().Throw<FileNotFoundException>();
    }

    [Fact]
    public void FullDisk_IsATypedErrorWithARemedyAndPoisonsTheFile()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var file = _files.OpenAppend("/dev/full");
        file.Invoking(f => f.Write(new byte[10])).Should().Throw<StorageException>().WithMessage("*'/dev/full'*disk is full*free space*");
        file.Invoking(f => f.Write(new byte[1])).Should().Throw<StorageException>().WithMessage("*Write it anew*");
        file.Invoking(f => f.Flush()).Should().Throw<StorageException>();
    }

    [Fact]
    public void FailedFlush_IsReportedAndPoisonsTheFile()
    {
        if (!OperatingSystem.IsLinux())
            return;

        // A character device refuses fdatasync with EINVAL, which the runtime's own Flush(true) swallows.
        using var file = _files.OpenAppend("/dev/null");
        file.Invoking(f => f.Flush()).Should().Throw<StorageException>().WithMessage("*fsync*'/dev/null'*");
        file.Invoking(f => f.Flush()).Should().Throw<StorageException>().WithMessage("*a flush failed before*");
    }
}
