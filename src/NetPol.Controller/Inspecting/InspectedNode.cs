using System.Collections.Concurrent;
using System.Threading.Channels;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Inspecting;

/// <summary>The questions to one back end that wait for an answer: a bounded number. Safe for any thread.</summary>
internal sealed class InspectedNode
{
    private const int MostQuestions = 16;

    private readonly Channel<Question> _questions = Channel.CreateBounded<Question>(MostQuestions);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<Answer>> _asked = new();
    private ulong _last;

    /// <summary>The questions, as they come; ends when the back end leaves.</summary>
    public IAsyncEnumerable<Question> QuestionsAsync(CancellationToken cancel) => _questions.Reader.ReadAllAsync(cancel);

    /// <exception cref="InvalidOperationException">Too many questions wait, or the back end left.</exception>
    public async Task<Answer> AskAsync(Question question, CancellationToken cancel)
    {
        var numbered = question.Clone();
        numbered.Id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[numbered.Id] = answer;
        try
        {
            if (_asked.Count > MostQuestions || !_questions.Writer.TryWrite(numbered))
                throw new InvalidOperationException("it has too many questions to answer, or left: ask again");
            return await answer.Task.WaitAsync(cancel);
        }
        finally
        {
            _asked.TryRemove(numbered.Id, out _);
        }
    }

    /// <summary>An answer to nothing that was asked is passed over.</summary>
    public void Take(Answer answer)
    {
        if (_asked.TryGetValue(answer.Id, out var asked))
            asked.TrySetResult(answer);
    }

    /// <summary>Nobody will answer any more.</summary>
    public void Close()
    {
        _questions.Writer.TryComplete();
        foreach (var asked in _asked.Values)
            asked.TrySetException(new InvalidOperationException("its agent left before it answered: ask again"));
    }
}
