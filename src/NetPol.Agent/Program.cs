using NetPol.Agent;
using NetPol.Shared;

return await CommandProgram.RunAsync("netpol-agent", AgentCommand.Create(AgentHost.RunAsync), args);
