
2
xPlaceholder*
dtype0*
shape
:
8
cs_prevPlaceholder*
dtype0*
shape
:
7
h_prevPlaceholder*
dtype0*
shape
:
–
wConst*
dtype0*ü
valueòBï"àê-½»¹K·V7u¹X&q;±9û3Óº¸3/9.¤»Œº~·(;²¹ñ²i=å:‰»«1¨¼å»Â¾<8È+!Ë7¦»W7Û@X9û=ù:ş´[¼¢¹¼dÂÅ½+2{±"»Æ<Š;h±k4¸D§4¹³hÀ:¹(µ6½ß½`;º¬Ç¼@¶C#à@=Í'´7•4´¿7³¹˜¼s»¼³¼È;
"Ò´á®¦¸¦0¦4À,§<t88~>¿v±¡´Ë¼Í5ì¨™<
½@;^¼{<>–¹G¹77î­'¾\·\·û6
8
wciConst*
dtype0*
valueB"¢¼ØA2¸î1
8
wcfConst*
dtype0*
valueB"ı39·w¸k:
8
wcoConst*
dtype0*
valueB"b¾¢À,5ä=
N
bConst*
dtype0*5
value,B*" Ø´Ü:‡;Ä©N»Ù°w·Y¸‡»>Àg@_»µ´«º³>
E
opLSTMBlockCellxcs_prevh_prevwwciwcfwcob*
T0