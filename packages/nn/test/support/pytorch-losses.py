# Prints pytorch-losses.ts: python3 pytorch-losses.py > pytorch-losses.ts, and biome for its format.
import json
import math
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
def wave(shape, scale=1, shift=0):
    n=1
    for s in shape: n*=s
    return torch.tensor([scale*math.sin(1.7*i+0.3+shift) for i in range(n)]).reshape(shape)
S=(3,4)
x=wave(S,2)
idx=torch.tensor([(i*2+1)%4 for i in range(3)])
ign=idx.clone(); ign[1]=-1
W=torch.tensor([0.5+((c*3)%4)/2 for c in range(4)])
q=wave(S,3,1).softmax(-1)
t1=wave(S,1,1); sg=torch.sigmoid(t1)
v=[wave(S),wave(S,1,1),wave(S,1,2)]
signs=lambda s: torch.tensor([1.-2*(i%2) for i in range(int(torch.tensor(s).prod()))]).reshape(s)
R={}
def add(name,f):
    each=f('none'); mean=f('mean')
    R[name]=dict(each=each.reshape(-1).tolist(), mean=mean.item(), sum=f('sum').item())
    assert abs(each.sum().item()-R[name]['sum'])<1e-12
ce=F.cross_entropy
add("crossEntropy of indices",lambda r:ce(x,idx,reduction=r))
add("crossEntropy of indices, smoothed",lambda r:ce(x,idx,reduction=r,label_smoothing=.1))
add("crossEntropy of indices, weighted",lambda r:ce(x,idx,reduction=r,weight=W))
add("crossEntropy of indices, some ignored, smoothed",lambda r:ce(x,ign,reduction=r,ignore_index=-1,label_smoothing=.1))
add("crossEntropy of probabilities",lambda r:ce(x,q,reduction=r))
add("crossEntropy of probabilities, weighted, smoothed",lambda r:ce(x,q,reduction=r,weight=W,label_smoothing=.3))
add("softmaxWithLoss of indices, weighted, some ignored, smoothed",lambda r:ce(x,ign,reduction=r,ignore_index=-1,weight=W,label_smoothing=.1))
add("nllLoss of indices",lambda r:F.nll_loss(x,idx,reduction=r))
add("nllLoss of indices, weighted, some ignored",lambda r:F.nll_loss(x,ign,reduction=r,weight=W,ignore_index=-1))
b=F.binary_cross_entropy_with_logits
add("binaryCrossEntropyWithLogits",lambda r:b(x,sg,reduction=r))
add("binaryCrossEntropyWithLogits, weighted by tensors",lambda r:b(x,sg,reduction=r,weight=wave(S,1,2)+2,pos_weight=wave(S,1,3)+2))
add("sigmoidWithLoss, positive weight",lambda r:b(x,sg,reduction=r,pos_weight=torch.tensor(3.)))
add("meanSquaredError",lambda r:F.mse_loss(x,t1,reduction=r))
add("l1Loss",lambda r:F.l1_loss(x,t1,reduction=r))
add("huberLoss",lambda r:F.huber_loss(x,t1,reduction=r,delta=.8))
add("smoothL1Loss",lambda r:F.smooth_l1_loss(x,t1,reduction=r,beta=.5))
add("smoothL1Loss, beta 0",lambda r:F.smooth_l1_loss(x,t1,reduction=r,beta=0.))
def kl(i,t,lt):
    def f(r):
        if r=='none': return F.kl_div(i,t,reduction='none',log_target=lt).sum(-1)
        return F.kl_div(i,t,reduction='batchmean' if r=='mean' else r,log_target=lt)
    return f
add("klDivergence of probabilities",kl(x,q,False))
add("klDivergence of logarithms",kl(x,t1,True))
for p in (1,2):
    add(f"multiMarginLoss, p {p}, weighted",lambda r:F.multi_margin_loss(x,idx,p=p,margin=.7,weight=W,reduction=r))
a,bb,c=v
one=torch.ones(3)
add("cosineSimilarityLoss",lambda r:F.cosine_embedding_loss(bb,c,one,reduction=r))
add("cosineEmbeddingLoss",lambda r:F.cosine_embedding_loss(bb,c,signs((3,)),margin=-.3,reduction=r))
for p,n in ((1,'1'),(2,'2'),(math.inf,'Infinity')):
    add(f"tripletMarginLoss, p {n}",lambda r:F.triplet_margin_loss(a,bb,c,p=p,reduction=r))
add("tripletMarginLoss, swapped",lambda r:F.triplet_margin_loss(a,bb,c,swap=True,margin=2.,reduction=r))
var=wave(S,1,2).exp()
add("gaussianNllLoss",lambda r:F.gaussian_nll_loss(x,t1,var,reduction=r))
add("gaussianNllLoss, full",lambda r:F.gaussian_nll_loss(x,t1,var,full=True,reduction=r))
cnt=wave(S,3,1).abs()
for full in (False,True):
    add("poissonNllLoss"+(", full" if full else ""),lambda r:F.poisson_nll_loss(wave(S),cnt,full=full,reduction=r))
add("poissonNllLoss of rates",lambda r:F.poisson_nll_loss(wave(S).exp(),cnt,log_input=False,reduction=r))
# [N, T, C] as the row has them; a fixed number of steps, three.
lp=wave((3,3,4),2).permute(1,0,2)
tgt=torch.tensor([1+i%3 for i in range(6)]).reshape(3,2); il=torch.tensor([2,3,3]); tl=torch.tensor([1,2,1])
add("ctcLoss",lambda r:F.ctc_loss(lp,tgt,il,tl,reduction=r))
# By the scores behind a log_softmax, as PyTorch's gradient by logP is another one than the derivative.
ctc=[]
def case(name,T,C,targets,il,tl,plain=None,**how):
    x=wave((T,C) if plain=='one' else (T,len(tl),C),2).requires_grad_()
    t=torch.tensor(targets); i=torch.tensor(il); l=torch.tensor(tl)
    f=lambda r: F.ctc_loss(x.log_softmax(-1),t,i,l,reduction=r,**how)
    mean=f('mean'); mean.backward()
    opts={{'blank':'blank','zero_infinity':'zeroInfinity'}[k]:v for k,v in how.items()}
    ctc.append(dict(name=name,scores=list(x.shape),targets=targets,inputLengths=il,targetLengths=tl,options=opts,
        each=f('none').reshape(-1).tolist(),mean=mean.item(),gradient=x.grad.reshape(-1).tolist()))
case("padded, repeated labels, a length of 0",6,4,[[1,1,2],[3,2,3],[2,2,2]],[6,5,4],[3,2,0])
case("one behind the other",5,3,[1,2,2,1,1],[5,4,3],[2,2,1])
case("another blank",5,4,[[0,1],[2,2]],[5,3],[2,2],blank=3)
case("impossible ones count 0",3,3,[[1,1,2],[1,2,1],[2,1,2]],[3,3,2],[3,3,1],zero_infinity=True)
case("one sequence",4,3,[1,2],4,2,plain='one')
out='''/*
 * What torch.nn.functional of PyTorch 1.13, in float64, gives for the rows of the table of losses, at waves of shape [3, 4] (where
 * a row has options, with the same ones; "batchmean", and sums over the classes, for the divergence).
 */

export const pytorchLosses: Readonly<Record<string, { readonly each: readonly number[]; readonly mean: number }>> = {
'''
for k,d in R.items():
    out+=f"  {json.dumps(k)}: {{ each: {json.dumps(d['each'])}, mean: {d['mean']!r} }},\n"
out+="};\n"
out+='''
/** The loss of sequences, of log_softmax of waves of a shape times 2, and the gradient of the mean by the scores. */
export const pytorchCtc = '''+json.dumps(ctc,indent=1)+" as const;\n"
print(out, end='')
