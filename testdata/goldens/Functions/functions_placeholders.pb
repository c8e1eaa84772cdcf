

xPlaceholder*
dtype0

yPlaceholder*
dtype0
0
directWeighxy*
D0*
N*
T0
b
indirectPartitionedCallyx*
Tin
2*
Tout
2* 
fR
Outer
M
S0
F
op	IdentityNdirectdirect:1indirect
indirect:1*
T
2Ý
”
H
Weigh
a
b
sum
last"	
Ttype"
Nint"	
Dtype(
addAddNaba*
NJN*
TJT<
partsUnpack	add:sum:0*
TJT*

axis*

numJN<
castCastparts:output:2^add*
DstTJD*
SrcTJT"
lastcast:y:0"
sum	add:sum:0
Ã
=
Outer
a
b
sum
same"	
Stype"
Mint1
innerWeighab*
D0*
NJM*
TJS3
backCastinner:last:0*
DstTJS*

SrcT0"	
samea"
sumback:y:0"Ñ