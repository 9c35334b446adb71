using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>
/// Answers watches: from a resource version, from the current state, or with the current state as a streaming list (<c>sendInitialEvents</c>). A client that
/// allows bookmarks receives one each minute and one two seconds before its timeout, as from kube-apiserver.
/// </summary>
/// <param name="collection">The objects.</param>
/// <param name="path">The path of the watch.</param>
/// <param name="aborted">Ends the watch: the client has disconnected, or the server stops.</param>
internal sealed class WatchHandler(ObjectCollection collection, ResourcePath path, CancellationToken aborted)
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LastBookmark = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);

    public async Task AnswerAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (query.ContainsKey("fieldSelector") || query.ContainsKey("labelSelector"))
            throw ApiError.BadRequest("this server does not implement selectors of watches");
        if (IsSet(query, "sendInitialEvents") && query["resourceVersionMatch"] != "NotOlderThan")
            throw new ApiError(422, "Invalid", "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        var output = context.Response.BodyWriter;
        await context.Response.StartAsync(aborted);
        if (Start(output, query) is { } position)
        {
            var timeout = int.TryParse(query["timeoutSeconds"], out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : DefaultTimeout;
            await SendEventsAsync(output, position, DateTime.UtcNow + timeout, IsSet(query, "allowWatchBookmarks"));
        }
        await output.FlushAsync(aborted);
    }

    private static bool IsSet(IQueryCollection query, string parameter) => query[parameter].ToString() is "1" or "true";

    /// <summary>Writes the initial events, if the watch has some.</summary>
    /// <returns>The position of the next event. Null if the version is too old; then the error is written.</returns>
    private long? Start(PipeWriter output, IQueryCollection query)
    {
        var from = query["resourceVersion"].ToString();
        var isList = IsSet(query, "sendInitialEvents");
        if (!isList && from is not ("" or "0"))
        {
            var version = long.Parse(from, null);
            var position = collection.FindPosition(version);
            if (position is null)
                WriteError(output, ApiError.Expired($"too old resource version: {version} ({collection.CompactedVersion})"));
            return position;
        }
        var snapshot = collection.Read();
        foreach (var live in snapshot.Objects.Where(Matches))
            new StoredEvent("ADDED", live).WriteLine(output);
        if (isList)
            WriteBookmark(output, snapshot.Version, isEndOfList: true);
        return snapshot.Position;
    }

    private async Task SendEventsAsync(PipeWriter output, long position, DateTime deadline, bool allowsBookmarks)
    {
        var events = new List<StoredEvent>();
        var nextBookmark = NextBookmark(deadline);
        while (!aborted.IsCancellationRequested)
        {
            events.Clear();
            if (!collection.TryRead(ref position, events, out var version, out var changed))
            {
                WriteError(output, ApiError.Expired("The resourceVersion for the provided watch is too old."));
                return;
            }
            foreach (var change in events)
            {
                if (Matches(change.Object))
                    change.WriteLine(output);
            }
            var now = DateTime.UtcNow;
            if (allowsBookmarks && now >= nextBookmark)
            {
                WriteBookmark(output, version, isEndOfList: false);
                nextBookmark = NextBookmark(deadline);
            }
            await output.FlushAsync(aborted);
            if (now >= deadline)
                return;
            var wake = allowsBookmarks && nextBookmark < deadline ? nextBookmark : deadline;
            await changed.WaitAsync(wake > now ? wake - now : TimeSpan.Zero, aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Returns the time of the next bookmark. It is the end of the watch if no bookmark is due before.</summary>
    private static DateTime NextBookmark(DateTime deadline)
    {
        var now = DateTime.UtcNow;
        var last = deadline - LastBookmark;
        if (last <= now)
            return DateTime.MaxValue;
        return now + BookmarkInterval < last ? now + BookmarkInterval : last;
    }

    private bool Matches(StoredObject live) => path.Namespace is null || live.Namespace == path.Namespace;

    private void WriteBookmark(IBufferWriter<byte> output, long version, bool isEndOfList)
    {
        var annotations = isEndOfList ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        output.Write(Encoding.UTF8.GetBytes(
            $"{{\"type\":\"BOOKMARK\",\"object\":{{\"kind\":\"{path.Resource.Kind}\",\"apiVersion\":\"{path.Resource.ApiVersion(path.Version)}\",\"metadata\":{{\"resourceVersion\":\"{version}\"{annotations}}}}}}}\n"));
    }

    private static void WriteError(IBufferWriter<byte> output, ApiError error) => output.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"ERROR\",\"object\":{error.Body}}}\n"));
}
